namespace Turnpike.LoadTest.Bench;

/// <summary>Everything that a comparison measured, as it goes to JSON; the first round is in it and discarded by the summaries.</summary>
internal sealed record BenchResult(
    BenchMachine Machine,
    IReadOnlyList<BenchedServer> Servers,
    int Allocations,
    double OfferedPacketsPerSecond,
    int Rounds,
    double Seconds,
    double TookSeconds,
    IReadOnlyList<BenchSample> Samples,
    IReadOnlyList<SaturationSample> Saturation,
    IReadOnlyList<SaturatedSample> Saturated,
    IReadOnlyList<SaturatedSample> Floor,
    IReadOnlyList<AllocateSample> Allocates,
    IReadOnlyList<MemorySample> Memory,
    SoakResult? Soak)
{
    public IReadOnlyList<CaseSummary> Cases =>
        [.. Samples.Select(sample => sample.Case).Distinct().Select(each => CaseSummary.Of(each, this))];

    public IReadOnlyList<BenchBar> Bars => BenchBars.Of(this);
}

internal sealed record BenchMachine(
    string Processor, string Kernel, int ServerCpu, int GeneratorCpu, bool SoftirqThreadCounted, bool Veth, string LoadAtTheEnd);

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
    double LatencyP999Microseconds,
    bool GeneratorKeptSchedule,
    bool LostByGenerator)
{
    /// <summary>Above this the server shared its CPU with something else, and the caches too.</summary>
    public const double ToleratedWaitedShare = 0.05;

    /// <summary>The machine had other work: the figure is worth less.</summary>
    public bool Disturbed => !GeneratorKeptSchedule || LostByGenerator || WaitedForCpuShare > ToleratedWaitedShare;
}

/// <summary>The highest rate of one search that lost no more than tolerated, and what it cost there.</summary>
internal sealed record SaturationSample(string Server, int Allocations, double PacketsPerSecond, double CpuMicrosecondsPerPacket, bool LimitedByGenerator);

/// <summary>One round at the highest rate that the searches found, or below it, where that lost more than tolerated; of the floor, at another server's.</summary>
internal sealed record SaturatedSample(
    string Server, int Allocations, int Round, double CpuMicrosecondsPerPacket, double LossPercent, double PacketsPerSecond, bool LimitedByGenerator);

/// <summary>One round of allocations made and deleted. <c>Taken</c>: Allocates refused with 437, whose work is in the cost of the others.</summary>
internal sealed record AllocateSample(string Server, int Round, double PerSecond, double CpuMicroseconds, long Taken);

/// <summary>From the start of a server to its first answer, and its resident bytes: medians of some starts, and of the last one by its allocations.</summary>
internal sealed record MemorySample(string Server, double StartSeconds, long Idle, long WithFew, long WithMany)
{
    public double BytesPerAllocation => (double)(WithMany - WithFew) / (BenchMemory.Many - BenchMemory.Few);
}
