namespace Turnpike.LoadTest.Measuring;

/// <summary>Nanoseconds since its creation.</summary>
internal sealed class MonotonicClock(TimeProvider time)
{
    private readonly long _origin = time.GetTimestamp();
    private readonly double _nanosecondsPerTick = 1e9 / time.TimestampFrequency;

    public long Now => (long)((time.GetTimestamp() - _origin) * _nanosecondsPerTick);
}
