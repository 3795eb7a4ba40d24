using System.Globalization;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Bench;

/// <summary>
/// The highest rate of each server without loss, and what a packet costs there. The search finds the rate; the cost is measured at it
/// afterwards, all servers in turn, since one short step of a search is no measurement.
/// </summary>
internal sealed class BenchSaturation(BenchOptions options, BenchMeter meter, TextWriter progress)
{
    public static readonly BenchCase Case = new(160, Direction.Both);

    public static readonly int[] Allocations = [1, 100, 1000];

    private const int Searches = 2;
    private const double SearchSeconds = 0.8;
    private const double SearchWarmup = 0.2;
    private const double FirstRateUnmeasured = 50_000;

    public List<SaturationSample> Found { get; } = [];

    public List<SaturatedSample> Costs { get; } = [];

    /// <summary>The reference at the rates that the first server stayed at: at its own, higher ones the kernel gives it larger batches.</summary>
    public List<SaturatedSample> Floor { get; } = [];

    public void Run(IReadOnlyList<MeasuredServer> servers, IReadOnlyList<BenchSample> samples, CancellationToken stop)
    {
        MeasuredServer? reference = servers.Skip(1).FirstOrDefault(server => server.Name == BenchBars.Reference);
        foreach (BenchCase which in Allocations.Select(count => Case with { Allocations = count }))
        {
            for (int search = 0; search < Searches; search++)
            {
                foreach (MeasuredServer server in servers)
                {
                    Found.Add(Search(server, which, FirstRate(server, samples), stop));
                }
            }

            for (int round = 0; round < options.Rounds; round++)
            {
                foreach (MeasuredServer server in servers)
                {
                    if (Stay(server, which, round, stop) is { } stayed && server == servers[0] && reference is not null)
                    {
                        MeasureFloor(reference, stayed, which, stop);
                    }
                }
            }
        }
    }

    public SaturationSample Search(MeasuredServer server, BenchCase which, double firstRate, CancellationToken stop)
    {
        SaturationSample sample = SaturationSearch.Find(
            server.Name, which.Allocations!.Value, firstRate, rate => Step(server, which, rate, SearchWarmup, SearchSeconds, stop));
        progress.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{which}, saturation, {server.Name}: {sample.PacketsPerSecond:0} packets/s at {sample.CpuMicrosecondsPerPacket:0.00} CPU-us{(sample.LimitedByGenerator ? ", limited by the generator" : "")}"));
        return sample;
    }

    /// <summary>A busy server is cheaper a packet than a half idle one, so its limit lies above what the cost at a moderate rate says.</summary>
    public static double FirstRate(MeasuredServer server, IReadOnlyList<BenchSample> samples)
    {
        double[] costs = [.. samples.Where(each => each.Server == server.Name && each.Case.Burst == 1).Select(each => each.CpuMicrosecondsPerPacket)];
        return costs.Length == 0 ? FirstRateUnmeasured : 1e6 / Spread.Of(costs).Median;
    }

    /// <summary>One round at the server's highest rate; null where it lost packets at every rate that was tried.</summary>
    private SaturatedSample? Stay(MeasuredServer server, BenchCase which, int round, CancellationToken stop)
    {
        SaturationSample best = Found.Where(each => each.Server == server.Name && each.Allocations == which.Allocations).MaxBy(each => each.PacketsPerSecond)!;
        SaturatedSample? before = Costs.LastOrDefault(each => each.Server == server.Name && each.Allocations == which.Allocations);
        double rate = before?.PacketsPerSecond ?? best.PacketsPerSecond;
        if (rate == 0)
        {
            return null;
        }

        StayedRate stayed = SaturationSearch.Stay(
            rate,
            before?.LimitedByGenerator ?? best.LimitedByGenerator,
            each => Step(server, which, each, options.WarmupSeconds, options.Seconds, stop));
        var sample = new SaturatedSample(
            server.Name,
            which.Allocations!.Value,
            round,
            stayed.Step.CpuMicrosecondsPerPacket,
            stayed.Step.LossPercent,
            stayed.PacketsPerSecond,
            stayed.LimitedByGenerator);
        Costs.Add(sample);
        progress.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{which}, at saturation, round {round}, {server.Name}: {stayed.PacketsPerSecond:0} packets/s at {stayed.Step.CpuMicrosecondsPerPacket:0.00} CPU-us, {stayed.Step.LossPercent:0.##} % lost{(stayed.LimitedByGenerator ? ", limited by the generator" : "")}"));
        return sample;
    }

    private void MeasureFloor(MeasuredServer reference, SaturatedSample beside, BenchCase which, CancellationToken stop)
    {
        SaturationStep step = Step(reference, which, beside.PacketsPerSecond, options.WarmupSeconds, options.Seconds, stop);
        Floor.Add(beside with
        {
            Server = reference.Name,
            CpuMicrosecondsPerPacket = step.CpuMicrosecondsPerPacket,
            LossPercent = step.LossPercent,
            LimitedByGenerator = !step.GeneratorKeptSchedule,
        });
        progress.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{which}, round {beside.Round}, {reference.Name} at the same rate: {step.CpuMicrosecondsPerPacket:0.00} CPU-us, {step.LossPercent:0.##} % lost"));
    }

    private SaturationStep Step(MeasuredServer server, BenchCase which, double rate, double warmup, double seconds, CancellationToken stop)
    {
        (RelayResult result, ServerCpuProbe cpu) = meter.Measure(server, which, rate, warmup, seconds, stop);
        return new SaturationStep(
            result.LossPercent, result.Generator.KeptSchedule && !BenchMeter.IsGenerators(result), cpu.MicrosecondsPerPacket);
    }
}
