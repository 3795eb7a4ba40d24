using System.Globalization;
using Turnpike.LoadTest.Cluster;

namespace Turnpike.LoadTest.Bench;

/// <summary>New clients on ports of their own, 64 at a time: an Allocate without credentials, its 401, the Allocate, its answer, and the deletion.</summary>
internal static class BenchAllocates
{
    private const int Clients = 64;

    public static List<AllocateSample> Run(
        IReadOnlyList<MeasuredServer> servers,
        BenchOptions options,
        BenchMeter meter,
        TimeProvider time,
        TextWriter progress,
        CancellationToken stop)
    {
        var samples = new List<AllocateSample>();
        var ports = new ClientPorts();
        for (int round = 0; round < options.Rounds; round++)
        {
            foreach (MeasuredServer server in servers)
            {
                using var load = new AllocateLoad(server.Endpoint, meter.Credential, Clients, time, ports);
                var probe = new ServerCpuProbe(server.ProcessId, meter.KernelThreads, time);
                (long count, double seconds, _) = load.Run(options.Seconds, probe.Open, stop);
                probe.Close(count);
                var sample = new AllocateSample(server.Name, round, count / seconds, probe.MicrosecondsPerPacket, load.Taken);
                samples.Add(sample);
                progress.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"allocations, round {round}, {server.Name}: {sample.PerSecond:0} a second, {sample.CpuMicroseconds:0.0} CPU-us each{(sample.Taken == 0 ? "" : $", {sample.Taken} refused with 437")}"));
            }
        }

        return samples;
    }
}
