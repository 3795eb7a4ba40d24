using System.Diagnostics;
using System.Globalization;
using Turnpike.Protocol;

namespace Turnpike.Benchmarks;

/// <summary>
/// What a shard costs with many allocations, more than sockets could be opened for here: memory, timers, look-ups, refreshes. On a virtual clock
/// and without sockets, whose memory comes on top.
/// </summary>
internal static class ScaleFigures
{
    private const int Packets = 2_000_000;

    // Short of a permission's lifetime: nothing is due.
    private const int Ticks = 1000;
    private const int TickMilliseconds = 250;
    private const long UnixStart = 1_700_000_000_000;

    private static readonly byte[] ChannelData = [0x40, 0, 0, 160, .. new byte[160]];

    public static void Write(TextWriter output)
    {
        Measure(1000);
        output.WriteLine("| allocations | bytes each | collections on the way there | longest pause, ms | ns a tick | ns a packet | µs a Refresh | bytes a Refresh |");
        output.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (int count in (int[])[1000, 10_000, 100_000])
        {
            output.WriteLine(Measure(count));
        }
    }

    private static string Measure(int count)
    {
        var server = new MemoryServer(count, allocate: false);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        int collections = GC.CollectionCount(0);
        TimeSpan paused = GC.GetTotalPauseDuration();
        double pause = 0;
        for (int i = 0; i < count; i++)
        {
            server.Allocate(i);
            TimeSpan total = GC.GetTotalPauseDuration();
            pause = Math.Max(pause, (total - paused).TotalMilliseconds);
            paused = total;
        }

        collections = GC.CollectionCount(0) - collections;
        long bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / count;
        // Asked for at the beginning, as the clock never goes back; a nonce lives for an hour.
        byte[][] refreshes = [.. Enumerable.Range(0, count).Select(i => server.Request(StunMethod.Refresh, server.Challenge(MemoryServer.Client(i)), i))];
        double tick = Microseconds(() =>
        {
            for (int i = 1; i <= Ticks; i++)
            {
                server.Server.OnTick(i * TickMilliseconds, UnixStart + (i * TickMilliseconds));
            }
        }) * 1000 / Ticks;
        long now = Ticks * TickMilliseconds;

        // Each 7919th of them, a prime: neighbours in memory are not asked one after the other.
        double packet = Microseconds(() =>
        {
            for (long i = 0; i < Packets; i++)
            {
                server.Server.OnClientDatagram(MemoryServer.Client((int)(i * 7919 % count)), ChannelData, now);
            }
        }) * 1000 / Packets;

        long allocated = GC.GetAllocatedBytesForCurrentThread();
        double refresh = Microseconds(() =>
        {
            for (int i = 0; i < count; i++)
            {
                server.Server.OnClientDatagram(MemoryServer.Client(i), refreshes[i], now);
            }
        }) / count;
        allocated = (GC.GetAllocatedBytesForCurrentThread() - allocated) / count;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {count} | {bytes} | {collections} | {pause:F2} | {tick:F0} | {packet:F0} | {refresh:F2} | {allocated} |");
    }

    private static double Microseconds(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
    }
}
