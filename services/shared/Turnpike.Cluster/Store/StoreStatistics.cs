namespace Turnpike.Cluster;

/// <summary>Counts of calls to the store, for metrics. Any thread.</summary>
public sealed class StoreStatistics
{
    private static readonly double[] Bounds = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
    private readonly long[] _buckets = new long[Bounds.Length + 1];
    private readonly long[] _errors = new long[Enum.GetValues<StoreErrorKind>().Length];
    private long _ticks;
    private long _outages;

    /// <summary>Upper bounds of the latency buckets, seconds; one bucket more has none.</summary>
    public static IReadOnlyList<double> BucketBounds => Bounds;

    /// <summary>Calls that brought a result.</summary>
    public long Calls => _buckets.Sum(count => count);

    /// <summary>Seconds that these calls took together.</summary>
    public double Seconds => TimeSpan.FromTicks(Interlocked.Read(ref _ticks)).TotalSeconds;

    /// <summary>Times that the store went away.</summary>
    public long Outages => Interlocked.Read(ref _outages);

    /// <summary>Calls that failed.</summary>
    public long Errors(StoreErrorKind kind) => Interlocked.Read(ref _errors[(int)kind]);

    /// <summary>Successful calls in each bucket, not cumulated; one more than there are bounds.</summary>
    public long[] Buckets() => [.. _buckets];

    internal void Succeeded(TimeSpan elapsed)
    {
        double seconds = elapsed.TotalSeconds;
        int bucket = 0;
        while (bucket < Bounds.Length && seconds > Bounds[bucket])
        {
            bucket++;
        }
        Interlocked.Increment(ref _buckets[bucket]);
        Interlocked.Add(ref _ticks, elapsed.Ticks);
    }

    internal void Failed(StoreErrorKind kind) => Interlocked.Increment(ref _errors[(int)kind]);

    internal void WentAway() => Interlocked.Increment(ref _outages);
}
