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

    public void Run(IReadOnlyList<MeasuredServer> servers, IReadOnlyList<BenchSample> samples, CancellationToken stop)
    {
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
                    Stay(server, which, round, stop);
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

    private void Stay(MeasuredServer server, BenchCase which, int round, CancellationToken stop)
    {
        SaturationSample best = Found.Where(each => each.Server == server.Name && each.Allocations == which.Allocations).MaxBy(each => each.PacketsPerSecond)!;
        SaturatedSample? before = Costs.LastOrDefault(each => each.Server == server.Name && each.Allocations == which.Allocations);
        double rate = before?.PacketsPerSecond ?? best.PacketsPerSecond;
        if (rate == 0)
        {
            return; // it lost packets at every rate that was tried
        }

        StayedRate stayed = SaturationSearch.Stay(
            rate,
            before?.LimitedByGenerator ?? best.LimitedByGenerator,
            each => Step(server, which, each, options.WarmupSeconds, options.Seconds, stop));
        Costs.Add(new SaturatedSample(
            server.Name,
            which.Allocations!.Value,
            round,
            stayed.Step.CpuMicrosecondsPerPacket,
            stayed.Step.LossPercent,
            stayed.PacketsPerSecond,
            stayed.LimitedByGenerator));
        progress.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{which}, at saturation, round {round}, {server.Name}: {stayed.PacketsPerSecond:0} packets/s at {stayed.Step.CpuMicrosecondsPerPacket:0.00} CPU-us, {stayed.Step.LossPercent:0.##} % lost{(stayed.LimitedByGenerator ? ", limited by the generator" : "")}"));
    }

    private SaturationStep Step(MeasuredServer server, BenchCase which, double rate, double warmup, double seconds, CancellationToken stop)
    {
        (RelayResult result, ServerCpuProbe cpu) = meter.Measure(server, which, rate, warmup, seconds, stop);
        return new SaturationStep(
            result.LossPercent, result.Generator.KeptSchedule && !BenchMeter.IsGenerators(result), cpu.MicrosecondsPerPacket);
    }
}
