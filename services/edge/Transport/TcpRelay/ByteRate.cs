namespace Turnpike.Edge.Transport.TcpRelay;

/// <summary>
/// Holds one direction of an allocation to its bits a second, over all its connections together. TCP is slowed down, where of
/// UDP the excess is dropped.
/// </summary>
/// <param name="bitsPerSecond">What it is now, asked for each time; 0 is no limit.</param>
/// <param name="time">The source of time.</param>
internal sealed class ByteRate(Func<long> bitsPerSecond, TimeProvider time)
{
    private readonly Lock _lock = new();
    private long _freeAt = time.GetTimestamp();

    /// <summary>Waits until bytes that have just been relayed are paid for.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="stopped">Ends the waiting.</param>
    public ValueTask PayAsync(int bytes, CancellationToken stopped)
    {
        long rate = bitsPerSecond();
        if (rate == 0)
        {
            return ValueTask.CompletedTask;
        }

        TimeSpan wait = Charge(bytes, rate);
        return wait > TimeSpan.Zero ? new ValueTask(Task.Delay(wait, time, stopped)) : ValueTask.CompletedTask;
    }

    private TimeSpan Charge(int bytes, long rate)
    {
        lock (_lock)
        {
            // A second's worth may come at once, as it may over UDP.
            long now = time.GetTimestamp();
            _freeAt = Math.Max(_freeAt, now - time.TimestampFrequency);
            _freeAt += (long)(bytes * 8.0 / rate * time.TimestampFrequency);
            return time.GetElapsedTime(now, _freeAt);
        }
    }
}
