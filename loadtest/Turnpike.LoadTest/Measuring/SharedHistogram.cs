namespace Turnpike.LoadTest.Measuring;

/// <summary>Times of many threads.</summary>
internal sealed class SharedHistogram
{
    private readonly Lock _lock = new();
    private readonly LatencyHistogram _histogram = new();

    public void Add(long nanoseconds)
    {
        lock (_lock)
        {
            _histogram.Add(nanoseconds);
        }
    }

    public T Read<T>(Func<LatencyHistogram, T> read)
    {
        lock (_lock)
        {
            return read(_histogram);
        }
    }
}
