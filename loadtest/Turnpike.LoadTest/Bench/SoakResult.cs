using System.Text.Json.Serialization;
using Turnpike.LoadTest.Measuring;

namespace Turnpike.LoadTest.Bench;

/// <summary>What an edge said of its runtime at a moment.</summary>
/// <param name="Seconds">Since the first one.</param>
/// <param name="ResidentBytes">Of the process.</param>
/// <param name="HeapBytes">Of the runtime's heap, what is garbage included.</param>
/// <param name="Collections">So far.</param>
/// <param name="PauseSeconds">All threads stopped for them, so far; null: it does not say.</param>
internal sealed record SoakPoint(double Seconds, long ResidentBytes, long HeapBytes, long Collections, double? PauseSeconds);

/// <summary>A long run at half of the highest rate. Delays are microseconds.</summary>
internal sealed record SoakResult(
    string Server,
    int Allocations,
    double PacketsPerSecond,
    double Seconds,
    double CpuMicrosecondsPerPacket,
    long Sent,
    long Received,
    double LatencyP50Microseconds,
    double LatencyP99Microseconds,
    double LatencyP999Microseconds,
    double LatencyMaximumMicroseconds,
    IReadOnlyList<SoakPoint> Points)
{
    [JsonIgnore]
    public long Collections => Points[^1].Collections - Points[0].Collections;

    /// <summary>
    /// No collection stopped the threads for longer than this: what all of them took between two readings, which is the pause itself
    /// where there was one. Null: the server does not say.
    /// </summary>
    [JsonIgnore]
    public double? LongestPauseMilliseconds => Points.Any(point => point.PauseSeconds is null)
        ? null
        : Points.Zip(Points.Skip(1), (before, after) => (after.PauseSeconds!.Value - before.PauseSeconds!.Value) * 1e3).Max();

    /// <summary>Resident bytes, median of the last quarter over that of the first.</summary>
    [JsonIgnore]
    public double ResidentGrowth => Spread.Of(Quarter(last: true).Select(point => (double)point.ResidentBytes)).Median
        / Spread.Of(Quarter(last: false).Select(point => (double)point.ResidentBytes)).Median;

    /// <summary>The heap where it was smallest, as after a collection: last quarter over first. Null: one of them saw no collection.</summary>
    [JsonIgnore]
    public double? HeapGrowth => CollectionsIn(last: true) == 0 || CollectionsIn(last: false) == 0
        ? null
        : (double)Quarter(last: true).Min(point => point.HeapBytes) / Quarter(last: false).Min(point => point.HeapBytes);

    private long CollectionsIn(bool last) => Quarter(last).Last().Collections - Quarter(last).First().Collections;

    private IEnumerable<SoakPoint> Quarter(bool last)
    {
        int length = Math.Max(1, Points.Count / 4);
        return last ? Points.TakeLast(length) : Points.Take(length);
    }
}
