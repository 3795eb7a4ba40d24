namespace Turnpike.Edge.Transport;

/// <summary>
/// The two clocks of a shard: milliseconds that never go back, for timers, and Unix time, for credentials and nonces. All shards
/// share the monotonic one, since a reserved port moves between them with its expiry.
/// </summary>
/// <param name="time">The source.</param>
internal sealed class ShardClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private readonly double _millisecondsPerTick = 1000.0 / time.TimestampFrequency;

    /// <summary>Milliseconds since the clock was made.</summary>
    public long Now => (long)((time.GetTimestamp() - _start) * _millisecondsPerTick);

    /// <summary>Milliseconds of Unix time, as the wall clock says now.</summary>
    public long UnixNow => time.GetUtcNow().ToUnixTimeMilliseconds();
}
