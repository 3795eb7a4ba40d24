using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Bench;

/// <summary>Everything that a comparison measured, as it goes to JSON; the first round is in it and discarded by the summaries.</summary>
internal sealed record BenchResult(
    BenchMachine Machine,
    IReadOnlyList<BenchedServer> Servers,
    int Allocations,
    double OfferedPacketsPerSecond,
    int Rounds,
    double Seconds,
    IReadOnlyList<BenchSample> Samples,
    IReadOnlyList<SaturationSample> Saturation,
    IReadOnlyList<AllocateSample> Allocates,
    IReadOnlyList<MemorySample> Memory)
{
    public IReadOnlyList<CaseSummary> Cases =>
        [.. Samples.Select(sample => sample.Case).Distinct().Select(each => CaseSummary.Of(each, this))];
}

internal sealed record BenchMachine(string Processor, string Kernel, int ServerCpu, int GeneratorCpu, bool SoftirqThreadCounted, bool Veth);

internal sealed record BenchedServer(string Name, string Version);

/// <summary>One server in one round of one case.</summary>
internal sealed record BenchSample(
    string Server,
    BenchCase Case,
    int Round,
    double CpuMicrosecondsPerPacket,
    double WaitedForCpuShare,
    long Sent,
    long Received,
    double LatencyP50Microseconds,
    double LatencyP99Microseconds,
    bool GeneratorKeptSchedule)
{
    /// <summary>Above this the server shared its CPU with something else, and the caches too.</summary>
    public const double ToleratedWaitedShare = 0.05;

    /// <summary>The machine had other work: the figure is worth less.</summary>
    public bool Disturbed => !GeneratorKeptSchedule || WaitedForCpuShare > ToleratedWaitedShare;
}

/// <summary>The highest rate of one search that lost no more than tolerated, and what it cost there.</summary>
internal sealed record SaturationSample(string Server, int Allocations, double PacketsPerSecond, double CpuMicrosecondsPerPacket, bool LimitedByGenerator);

/// <summary>One round of allocations made and deleted.</summary>
internal sealed record AllocateSample(string Server, int Round, double PerSecond, double CpuMicroseconds);

/// <summary>Resident bytes of a server by its allocations.</summary>
internal sealed record MemorySample(string Server, long Idle, long WithFew, long WithMany)
{
    public double BytesPerAllocation => (double)(WithMany - WithFew) / (BenchMemory.Many - BenchMemory.Few);
}

/// <summary>One server's line in a case. The ratio is the first server's cost over this one's, round by round.</summary>
internal sealed record ServerSummary(
    string Server, Spread CpuMicrosecondsPerPacket, Spread LatencyP99Microseconds, double LossPercent, Spread? RatioOfFirst);

internal sealed record CaseSummary(string Case, IReadOnlyList<ServerSummary> Servers, int DisturbedRounds)
{
    public static CaseSummary Of(BenchCase which, BenchResult result)
    {
        BenchSample[] samples =
        [
            .. result.Samples.Where(sample => sample.Round > 0 && sample.Case == which),
        ];
        double[] CostOf(string server) => [.. samples.Where(each => each.Server == server).OrderBy(each => each.Round).Select(each => each.CpuMicrosecondsPerPacket)];
        string first = result.Servers[0].Name;
        var servers = result.Servers.Select(server => new ServerSummary(
            server.Name,
            Spread.Of(CostOf(server.Name)),
            Spread.Of(samples.Where(each => each.Server == server.Name).Select(each => each.LatencyP99Microseconds)),
            DirectionResult.PercentLost(
                samples.Where(each => each.Server == server.Name).Sum(each => each.Sent),
                samples.Where(each => each.Server == server.Name).Sum(each => each.Received)),
            server.Name == first ? null : Spread.OfRatios(CostOf(first), CostOf(server.Name))));
        return new CaseSummary(which.ToString(), [.. servers], samples.Where(each => each.Disturbed).Select(each => each.Round).Distinct().Count());
    }
}
