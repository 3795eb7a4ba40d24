using System.Text.Json.Serialization;
using Turnpike.LoadTest.Measuring;

namespace Turnpike.LoadTest.Bench;

/// <summary>What an edge said of its runtime at a moment.</summary>
/// <param name="Seconds">Since the soak was prepared.</param>
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

    /// <summary>The heap after the last collection over that after the first. Null: there were less than two.</summary>
    [JsonIgnore]
    public double? HeapGrowth
    {
        get
        {
            SoakPoint[] collected = [.. Points.Zip(Points.Skip(1)).Where(pair => pair.Second.Collections > pair.First.Collections).Select(pair => pair.Second)];
            return collected.Length < 2 ? null : (double)collected[^1].HeapBytes / collected[0].HeapBytes;
        }
    }

    private IEnumerable<SoakPoint> Quarter(bool last)
    {
        int length = Math.Max(1, Points.Count / 4);
        return last ? Points.TakeLast(length) : Points.Take(length);
    }
}
