using System.Globalization;
using System.Security.Cryptography;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Bench;

/// <summary>
/// The comparison: all servers run for its whole length, pinned to one CPU, and are measured in turn, A B A B, so that what
/// the machine does meanwhile meets all of them.
/// </summary>
internal sealed class BenchRun(BenchOptions options, TimeProvider time, TextWriter progress)
{
    public static readonly BenchCase SaturationCase = new(160, Direction.Both);

    private static readonly int[] SaturationAllocations = [1, 100, 1000];

    private const int Searches = 2;
    private const double SearchSeconds = 0.8;
    private const double SearchWarmup = 0.2;
    private const double FirstRateUnmeasured = 50_000;

    private readonly BenchUser _user = new("bench", Convert.ToHexString(RandomNumberGenerator.GetBytes(16)));
    private readonly int? _softirqThread = KernelSoftirqThread.Find(options.ServerCpu);
    private VethPair? _veth;

    public BenchResult Execute(CancellationToken stop)
    {
        IReadOnlyList<MeasuredServer> servers = options.CreateServers();
        try
        {
            CpuAffinity.PinThisProcess(options.GeneratorCpu);
            _veth = options.Veth ? VethPair.Create(options.ServerCpu, options.GeneratorCpu) : null;
            foreach (MeasuredServer server in servers)
            {
                server.Start(options.ServerCpu, _user, _veth);
            }

            List<BenchSample> samples = Compare(servers, stop);
            List<SaturationSample> saturation = options.Parts.Contains(BenchPart.Saturation) ? Saturate(servers, samples, stop) : [];
            List<AllocateSample> allocates = options.Parts.Contains(BenchPart.Allocates)
                ? BenchAllocates.Run(servers, options, _user, KernelThreads(), time, progress, stop)
                : [];
            List<MemorySample> memory = options.Parts.Contains(BenchPart.Memory) ? BenchMemory.Run(options, _user, _veth, time, progress, stop) : [];
            return new BenchResult(
                Machine(),
                [.. servers.Select(server => new BenchedServer(server.Name, server.Version))],
                options.Allocations,
                options.Rate,
                options.Rounds,
                options.Seconds,
                samples,
                saturation,
                allocates,
                memory);
        }
        finally
        {
            foreach (MeasuredServer server in servers)
            {
                server.Dispose();
            }

            _veth?.Dispose();
        }
    }

    private List<BenchSample> Compare(IReadOnlyList<MeasuredServer> servers, CancellationToken stop)
    {
        // Both directions once, uncounted: a server with a just-in-time compiler has then compiled what the cases use.
        foreach (MeasuredServer server in servers)
        {
            Measure(server, SaturationCase, options.Rate, options.WarmupSeconds, options.Seconds, stop);
        }

        var samples = new List<BenchSample>();
        foreach (BenchCase which in options.Parts.SelectMany(BenchCase.Of))
        {
            for (int round = 0; round < options.Rounds; round++)
            {
                foreach (MeasuredServer server in servers)
                {
                    BenchSample sample = MeasureRound(server, which, round, stop);
                    samples.Add(sample);
                    progress.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{which}, round {round}, {server.Name}: {sample.CpuMicrosecondsPerPacket:0.00} CPU-us a packet, {sample.Sent - sample.Received} of {sample.Sent} lost, p99 {sample.LatencyP99Microseconds:0} us"));
                }
            }
        }

        return samples;
    }

    private BenchSample MeasureRound(MeasuredServer server, BenchCase which, int round, CancellationToken stop)
    {
        (RelayResult result, ServerCpuProbe cpu) = Measure(server, which, options.Rate, options.WarmupSeconds, options.Seconds, stop);
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
            result.Generator.KeptSchedule);
    }

    private List<SaturationSample> Saturate(IReadOnlyList<MeasuredServer> servers, List<BenchSample> samples, CancellationToken stop)
    {
        var found = new List<SaturationSample>();
        foreach (int allocations in SaturationAllocations)
        {
            for (int search = 0; search < Searches; search++)
            {
                foreach (MeasuredServer server in servers)
                {
                    found.Add(Saturate(server, SaturationCase with { Allocations = allocations }, FirstRate(server, samples), stop));
                }
            }
        }

        return found;
    }

    /// <summary>A busy server is cheaper a packet than a half idle one, so its limit lies above what the cost at a moderate rate says.</summary>
    private static double FirstRate(MeasuredServer server, List<BenchSample> samples)
    {
        double[] costs = [.. samples.Where(each => each.Server == server.Name && each.Case.Burst == 1).Select(each => each.CpuMicrosecondsPerPacket)];
        return costs.Length == 0 ? FirstRateUnmeasured : 1e6 / Spread.Of(costs).Median;
    }

    private SaturationSample Saturate(MeasuredServer server, BenchCase which, double firstRate, CancellationToken stop)
    {
        SaturationSample sample = SaturationSearch.Find(server.Name, which.Allocations!.Value, firstRate, rate =>
        {
            (RelayResult result, ServerCpuProbe cpu) = Measure(server, which, rate, SearchWarmup, SearchSeconds, stop);
            return new SaturationStep(result.LossPercent, result.Generator.KeptSchedule, cpu.MicrosecondsPerPacket);
        });
        progress.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{which}, saturation, {server.Name}: {sample.PacketsPerSecond:0} packets/s at {sample.CpuMicrosecondsPerPacket:0.00} CPU-us{(sample.LimitedByGenerator ? ", limited by the generator" : "")}"));
        return sample;
    }

    private (RelayResult Result, ServerCpuProbe Cpu) Measure(
        MeasuredServer server, BenchCase which, double rate, double warmup, double seconds, CancellationToken stop)
    {
        var credential = new TurnCredential(_user.Name, _user.Password);
        var probe = new ServerCpuProbe(server.ProcessId, KernelThreads(), time);
        using var run = new RelayRun(
            new RelayOptions(
                server.Endpoint, credential, which.Allocations ?? options.Allocations, which.PayloadBytes, rate, seconds, warmup, which.Direction, Pacing.Spin, Burst: which.Burst),
            time);
        RelayResult result = run.Execute(probe, stop);
        stop.ThrowIfCancellationRequested();
        return result.Received == 0
            ? throw new TurnRefusedException($"{server.Name} relayed nothing ({which}, {rate:0} packets/s)")
            : (result, probe);
    }

    private List<int> KernelThreads() => [.. new[] { _softirqThread, _veth?.ReceivingThread }.OfType<int>()];

    private BenchMachine Machine()
    {
        string? model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
        return new BenchMachine(
            model?.Split(':', 2)[1].Trim() ?? "unknown processor",
            File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
            options.ServerCpu,
            options.GeneratorCpu,
            SoftirqThreadCounted: _softirqThread is not null,
            options.Veth);
    }
}
