using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Bench;

/// <summary>Percentiles of the time from when a packet was due to its arrival, microseconds: medians of the rounds, and their range.</summary>
internal sealed record DelaySummary(Spread P50, Spread P99, Spread P999);

/// <summary>One server's line in a case. The ratio is the first server's cost over this one's, round by round.</summary>
internal sealed record ServerSummary(string Server, Spread CpuMicrosecondsPerPacket, DelaySummary Delay, double LossPercent, Spread? RatioOfFirst);

internal sealed record CaseSummary(string Case, IReadOnlyList<ServerSummary> Servers, int DisturbedRounds)
{
    public static CaseSummary Of(BenchCase which, BenchResult result)
    {
        BenchSample[] samples = [.. result.Samples.Where(sample => sample.Round > 0 && sample.Case == which)];
        BenchSample[] SamplesOf(string server) => [.. samples.Where(each => each.Server == server).OrderBy(each => each.Round)];
        double[] CostOf(string server) => [.. SamplesOf(server).Select(each => each.CpuMicrosecondsPerPacket)];
        string first = result.Servers[0].Name;
        var servers = result.Servers.Select(server =>
        {
            BenchSample[] own = SamplesOf(server.Name);
            return new ServerSummary(
                server.Name,
                Spread.Of(CostOf(server.Name)),
                new DelaySummary(
                    Spread.Of(own.Select(each => each.LatencyP50Microseconds)),
                    Spread.Of(own.Select(each => each.LatencyP99Microseconds)),
                    Spread.Of(own.Select(each => each.LatencyP999Microseconds))),
                DirectionResult.PercentLost(own.Sum(each => each.Sent), own.Sum(each => each.Received)),
                server.Name == first ? null : Spread.OfRatios(CostOf(first), CostOf(server.Name)));
        });
        return new CaseSummary(which.ToString(), [.. servers], samples.Where(each => each.Disturbed).Select(each => each.Round).Distinct().Count());
    }
}
