namespace Turnpike.Cluster;

/// <summary>Counts of calls to the store, for metrics. Any thread.</summary>
public sealed class StoreStatistics
{
    private readonly long[] _errors = new long[Enum.GetValues<StoreErrorKind>().Length];
    private long _calls;
    private long _outages;

    /// <summary>Raised with the time that a call took that brought a result. A listener must not throw, and be quick.</summary>
    public event Action<TimeSpan>? Measured;

    /// <summary>Calls that brought a result.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    /// <summary>Times that the store went away.</summary>
    public long Outages => Interlocked.Read(ref _outages);

    /// <summary>Calls that failed.</summary>
    public long Errors(StoreErrorKind kind) => Interlocked.Read(ref _errors[(int)kind]);

    internal void Succeeded(TimeSpan elapsed)
    {
        Interlocked.Increment(ref _calls);
        Measured?.Invoke(elapsed);
    }

    internal void Failed(StoreErrorKind kind) => Interlocked.Increment(ref _errors[(int)kind]);

    internal void WentAway() => Interlocked.Increment(ref _outages);
}
