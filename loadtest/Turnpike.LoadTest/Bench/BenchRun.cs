using System.Globalization;
using System.Security.Cryptography;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Bench;

/// <summary>
/// The comparison: all servers run for its whole length, pinned to one CPU, and are measured in turn, A B A B, so that what
/// the machine does meanwhile meets all of them.
/// </summary>
internal sealed class BenchRun(BenchOptions options, TimeProvider time, TextWriter progress)
{
    private readonly BenchUser _user = new("bench", Convert.ToHexString(RandomNumberGenerator.GetBytes(16)));
    private readonly int? _softirqThread = KernelSoftirqThread.Find(options.ServerCpu);

    public BenchResult Execute(CancellationToken stop)
    {
        long begun = time.GetTimestamp();
        IReadOnlyList<MeasuredServer> servers = options.CreateServers();
        VethPair? veth = null;
        try
        {
            CpuAffinity.PinThisProcess(options.GeneratorCpu);
            veth = options.Veth ? VethPair.Create(options.ServerCpu, options.GeneratorCpu) : null;
            foreach (MeasuredServer server in servers)
            {
                server.Start(options.ServerCpu, _user, veth);
            }

            var meter = new BenchMeter(options, _user, [.. new[] { _softirqThread, veth?.ReceivingThread }.OfType<int>()], time);
            List<BenchSample> samples = Compare(servers, meter, stop);
            var saturation = new BenchSaturation(options, meter, progress);
            if (options.Parts.Contains(BenchPart.Saturation))
            {
                saturation.Run(servers, samples, stop);
            }

            List<AllocateSample> allocates = options.Parts.Contains(BenchPart.Allocates)
                ? BenchAllocates.Run(servers, options, meter, time, progress, stop)
                : [];
            List<MemorySample> memory = options.Parts.Contains(BenchPart.Memory) ? BenchMemory.Run(options, _user, veth, time, progress, stop) : [];
            SoakResult? soak = options.Parts.Contains(BenchPart.Soak)
                ? new BenchSoak(options, meter, saturation, time, progress).Run(servers[0], samples, stop)
                : null;
            return new BenchResult(
                Machine(),
                [.. servers.Select(server => new BenchedServer(server.Name, server.Version))],
                options.Allocations,
                options.Rate,
                options.Rounds,
                options.Seconds,
                time.GetElapsedTime(begun).TotalSeconds,
                samples,
                saturation.Found,
                saturation.Costs,
                saturation.Floor,
                allocates,
                memory,
                soak);
        }
        finally
        {
            // The namespace last: it is theirs.
            DisposeAll([.. servers, .. new IDisposable?[] { veth }.OfType<IDisposable>()]);
        }
    }

    /// <summary>All of them, even where one cannot be.</summary>
    private static void DisposeAll(ReadOnlySpan<IDisposable> all)
    {
        if (all.IsEmpty)
        {
            return;
        }

        try
        {
            all[0].Dispose();
        }
        finally
        {
            DisposeAll(all[1..]);
        }
    }

    private List<BenchSample> Compare(IReadOnlyList<MeasuredServer> servers, BenchMeter meter, CancellationToken stop)
    {
        // Both directions once, uncounted: a server with a just-in-time compiler has then compiled what the cases use.
        foreach (MeasuredServer server in servers)
        {
            meter.Measure(server, BenchSaturation.Case, options.Rate, options.WarmupSeconds, options.Seconds, stop);
        }

        var samples = new List<BenchSample>();
        foreach (BenchCase[] cases in options.Parts.Select(part => BenchCase.Of(part).ToArray()))
        {
            // All cases of a part in each round, as they are compared with each other too.
            for (int round = 0; round < options.Rounds; round++)
            {
                foreach (BenchCase which in cases)
                {
                    foreach (MeasuredServer server in servers)
                    {
                        BenchSample sample = MeasureRound(meter, server, which, round, stop);
                        samples.Add(sample);
                        progress.WriteLine(string.Create(
                            CultureInfo.InvariantCulture,
                            $"{which}, round {round}, {server.Name}: {sample.CpuMicrosecondsPerPacket:0.00} CPU-us a packet, {sample.Sent - sample.Received} of {sample.Sent} lost, p99 {sample.LatencyP99Microseconds:0} us"));
                    }
                }
            }
        }

        return samples;
    }

    private BenchSample MeasureRound(BenchMeter meter, MeasuredServer server, BenchCase which, int round, CancellationToken stop)
    {
        (RelayResult result, ServerCpuProbe cpu) = meter.Measure(server, which, options.Rate, options.WarmupSeconds, options.Seconds, stop);
        LatencyResult latency = (result.Up ?? result.Down)!.LatencyMicroseconds;
        return new BenchSample(
            server.Name,
            which,
            round,
            cpu.MicrosecondsPerPacket,
            cpu.WaitedShare,
            result.Sent,
            result.Received,
            latency.P50,
            latency.P99,
            latency.P999,
            result.Generator.KeptSchedule,
            BenchMeter.IsGenerators(result));
    }

    private BenchMachine Machine()
    {
        string? model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
        return new BenchMachine(
            model?.Split(':', 2)[1].Trim() ?? "unknown processor",
            File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
            options.ServerCpu,
            options.GeneratorCpu,
            SoftirqThreadCounted: _softirqThread is not null,
            options.Veth,
            File.ReadAllText("/proc/loadavg").Split(' ')[0]);
    }
}
