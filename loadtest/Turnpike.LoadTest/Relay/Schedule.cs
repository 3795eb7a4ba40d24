namespace Turnpike.LoadTest.Relay;

/// <summary>
/// An open-loop schedule: packet i is due at start + i / rate whatever happened to the packets before it, so a slow server
/// or a late generator shows as latency and loss instead of silently lowering the load (no coordinated omission).
/// </summary>
/// <param name="start">When the first packet is due, in nanoseconds.</param>
/// <param name="rate">Packets a second.</param>
/// <param name="warmupSeconds">Time before the measured time.</param>
/// <param name="seconds">The measured time.</param>
/// <param name="burst">Packets that are due at once; the next as many are due when as many would have passed.</param>
/// <param name="ramp">The rate grows linearly from 0 at the start to <paramref name="rate"/> at the end of the measured time.</param>
internal readonly struct Schedule(long start, double rate, double warmupSeconds, double seconds, int burst = 1, bool ramp = false)
{
    private readonly double _nanosecondsPerPacket = 1e9 / rate;

    // Until t, rate / end * t^2 / 2 packets are due; solved for t: the square root of 2 * end / rate * packets.
    private readonly double _rampScale = ramp ? 2 * (warmupSeconds + seconds) * 1e9 / rate * 1e9 : 0;

    public long Start { get; } = start;

    public long WindowStart { get; } = start + (long)(warmupSeconds * 1e9);

    public long WindowEnd { get; } = start + (long)((warmupSeconds + seconds) * 1e9);

    public long Packets { get; } = (long)Math.Round(rate * (warmupSeconds + seconds) / (ramp ? 2 : 1));

    public long DueAt(long packet)
    {
        long first = packet - (packet % burst);
        double offset = _rampScale == 0 ? first * _nanosecondsPerPacket : Math.Sqrt(_rampScale * first);
        return Start + (long)(offset + 0.5); // cut off, a packet at the beginning of the measured time would be due before it
    }

    public bool IsMeasured(long dueAt) => dueAt >= WindowStart && dueAt < WindowEnd;
}
