using Turnpike.LoadTest.Bench;

namespace Turnpike.LoadTest.Tests;

/// <summary>Results of comparisons that never were.</summary>
internal static class BenchResults
{
    public static BenchResult Of(params string[] servers) => new(
        new BenchMachine("a processor", "6.0", 0, 1, true, Veth: false, "0.50"),
        [.. servers.Select(server => new BenchedServer(server, "1"))],
        Allocations: 100,
        OfferedPacketsPerSecond: 20_000,
        Rounds: 6,
        Seconds: 1,
        TookSeconds: 60,
        Samples: [],
        Saturation: [],
        Saturated: [],
        Floor: [],
        Allocates: [],
        Memory: [],
        Soak: null);

    public static BenchSample Sample(
        string server, BenchCase which, int round, double cost, double p99 = 100, long received = 1000, bool kept = true, double waited = 0, bool byGenerator = false) =>
        new(server, which, round, cost, waited, 1000, received, p99 / 2, p99, p99 * 2, kept, byGenerator);

    /// <summary>The same cost in every round.</summary>
    public static IEnumerable<BenchSample> Samples(string server, BenchCase which, double cost, double p99 = 100) =>
        Enumerable.Range(0, 3).Select(round => Sample(server, which, round, cost, p99));

    public static SaturatedSample Saturated(string server, int round, double cost) => new(server, 100, round, cost, 0, 50_000, LimitedByGenerator: false);

    public static SoakResult Soak(params SoakPoint[] points) => new("edge", 100, 50_000, 600, 5, 1000, 1000, 50, 100, 200, 300, points);
}
