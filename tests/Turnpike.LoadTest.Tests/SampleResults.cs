using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Tests;

/// <summary>Results of runs that never were.</summary>
internal static class SampleResults
{
    public static DirectionResult Direction(long sent, long received, double p99 = 4000, double jitter = 200) => new(
        sent, received, DirectionResult.PercentLost(sent, received), 0, sent == received ? 0 : 1, received / 10.0, received * 160 * 8 / 10.0 / 1e6, new LatencyResult(400, 800, p99, p99 * 2, p99 * 3), new JitterResult(jitter, jitter * 5));

    /// <summary>Ten seconds of two streams and of churn, in which a packet of 1000 was lost.</summary>
    public static ScenarioResult Mixed() => new(
        ScenarioResult.CurrentFormat,
        "mixed",
        "turn.example.org:3478",
        "udp",
        "channel",
        Pacing.Sleep,
        1,
        new DateTimeOffset(2026, 11, 26, 12, 0, 0, TimeSpan.Zero),
        10,
        false,
        0.25,
        [
            new StreamResult("voice", 100, 160, 1, Relay.Direction.Both, 10_000, Direction(50_000, 50_000), Direction(50_000, 49_900)),
            new StreamResult("video", 10, 1200, 8, Relay.Direction.Up, 1000, Direction(10_000, 9990, 9000, 700), null),
        ],
        new ChurnResult(5, 10, 50, 47, new Dictionary<string, long> { ["486 Allocation Quota Reached"] = 2, ["no answer"] = 1 }, new LatencyResult(900, 1200, 3000, 3500, 3600))
        {
            Packets = new ChurnPacketsResult(5, 160, 200, 199, 0.5, new LatencyResult(700, 900, 2000, 2100, 2200), new LatencyResult(2500, 3000, 8000, 8100, 8200)),
        },
        [.. Enumerable.Range(1, 10).Select(second => new Interval(second, 1, 110, 11_000, second == 4 ? 10_890 : 11_000, 400, 4000 + (second * 100), 8000, 200, 5, 4, second == 4 ? 3 : 0))],
        null,
        0,
        0,
        null,
        0,
        new GeneratorResult(1.2, 3.5, 0, 0));

    public static ScenarioResult Searched() => Mixed() with
    {
        Highest = new HighestRate(
            40_000, 0.1, false, [new RateStep(10_000, 0, 900, true), new RateStep(80_000, 7, 90_000, true), new RateStep(40_000, 0.02, 2500, true)]),
    };

    /// <summary>A server that answers nothing.</summary>
    public static ScenarioResult Silent() => Mixed() with
    {
        Streams = [new StreamResult("voice", 100, 160, 1, Relay.Direction.Up, 10_000, Direction(50_000, 0, 0, 0), null)],
        Churn = null,
        Timeline = [new Interval(10, 10, 100, 50_000, 0, 0, 0, 0, 0, 0, 0, 0)],
        LostAllocations = 2,
        FirstFailure = "the server does not answer Refresh",
    };
}
