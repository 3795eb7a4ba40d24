using System.Globalization;
using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Bench;

/// <summary>An edge at half of its highest rate for minutes: whether its runtime ever makes a packet wait, and whether it grows.</summary>
internal sealed class BenchSoak(BenchOptions options, BenchMeter meter, BenchSaturation saturation, TimeProvider time, TextWriter progress)
{
    private const double Load = 0.5;

    // Relaying allocates nothing: it is the scrapes that the runtime collects after, many of them for each collection. So they come as
    // often as an impatient Prometheus's, not more, and no two collections fall between two of them, whose pauses would add up.
    private const double LongestInterval = 5;
    private const double ScrapesAtLeast = 12;

    public SoakResult Run(MeasuredServer server, IReadOnlyList<BenchSample> samples, CancellationToken stop)
    {
        if (server is not EdgeServer edge)
        {
            throw new InvalidOperationException("Only an edge tells what its runtime does.");
        }

        double seconds = options.SoakMinutes * 60;
        BenchCase which = BenchSaturation.Case with { Allocations = options.Allocations };
        SaturationSample highest = saturation.Search(server, which, BenchSaturation.FirstRate(server, samples), stop);
        double rate = highest.PacketsPerSecond * Load;
        progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"soak, {server.Name}: {rate:0} packets/s for {seconds:0} s"));
        RelayResult relayed;
        ServerCpuProbe cpu;
        using var scrapes = new RuntimeScrapes(edge.Management, server.ProcessId, time);
        scrapes.FillHeap(stop);
        scrapes.Begin(TimeSpan.FromSeconds(Math.Min(LongestInterval, seconds / ScrapesAtLeast)));
        try
        {
            (relayed, cpu) = meter.Measure(server, which, rate, options.WarmupSeconds, seconds, stop);
        }
        finally
        {
            scrapes.End();
        }

        LatencyResult latency = relayed.Up!.LatencyMicroseconds;
        return new SoakResult(
            server.Name,
            options.Allocations,
            rate,
            relayed.Seconds,
            cpu.MicrosecondsPerPacket,
            relayed.Sent,
            relayed.Received,
            latency.P50,
            latency.P99,
            latency.P999,
            latency.Maximum,
            scrapes.Points);
    }
}
