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
internal readonly struct Schedule(long start, double rate, double warmupSeconds, double seconds, int burst = 1)
{
    private readonly double _nanosecondsPerPacket = 1e9 / rate;

    public long Start { get; } = start;

    public long WindowStart { get; } = start + (long)(warmupSeconds * 1e9);

    public long WindowEnd { get; } = start + (long)((warmupSeconds + seconds) * 1e9);

    public long Packets { get; } = (long)Math.Round(rate * (warmupSeconds + seconds));

    public long DueAt(long packet) => Start + (long)((packet - (packet % burst)) * _nanosecondsPerPacket);

    public bool IsMeasured(long dueAt) => dueAt >= WindowStart && dueAt < WindowEnd;
}
