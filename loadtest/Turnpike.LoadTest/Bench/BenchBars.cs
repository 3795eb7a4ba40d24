using System.Globalization;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Bench;

/// <summary>What the edge promises beside its peers, and whether this comparison saw it kept.</summary>
internal sealed record BenchBar(string What, string Limit, string Measured, bool IsMet);

/// <summary>The bars of a comparison whose first server is an edge: those for which it measured what they are about.</summary>
internal static class BenchBars
{
    private const string Coturn = "coturn";
    private const string Reference = "reference";

    // A new client's allocation costs the reference what 33 000 a core-second are, where the best peer manages 13 000.
    private const double AllocatesOfReference = 13.0 / 33;

    private const double LongestPauseMilliseconds = 5;
    private const double HeapGrowth = 1.1;
    private const double ResidentGrowth = 1.05;

    private static readonly string[] NoSubjects = [Coturn, Reference, "reference-single", "pion"];

    public static IReadOnlyList<BenchBar> Of(BenchResult result)
    {
        string edge = result.Servers[0].Name;
        if (NoSubjects.Contains(edge))
        {
            return [];
        }

        bool HasPeer(string name) => result.Servers.Skip(1).Any(server => server.Name == name);
        var bars = new List<BenchBar>();
        if (HasPeer(Coturn))
        {
            AddCosts(bars, result, edge);
        }

        foreach (int allocations in result.Saturated.Select(each => each.Allocations).Distinct())
        {
            string at = string.Create(CultureInfo.InvariantCulture, $"saturation, {allocations} allocation{(allocations == 1 ? "" : "s")}");
            double[] CostOf(string server) =>
                [.. result.Saturated.Where(each => each.Server == server && each.Allocations == allocations && each.Round > 0).OrderBy(each => each.Round).Select(each => each.CpuMicrosecondsPerPacket)];
            AddRatio(bars, $"{at}: packets a core-second ÷ coturn's", CostOf(Coturn), CostOf(edge), least: 1.1);
            AddRatio(bars, $"{at}: CPU a packet ÷ the reference's", CostOf(edge), CostOf(Reference), most: 1.15);
        }

        double[] AllocateCostOf(string server) =>
            [.. result.Allocates.Where(each => each.Server == server && each.Round > 0).OrderBy(each => each.Round).Select(each => each.CpuMicroseconds)];
        AddRatio(bars, "Allocates a core-second ÷ coturn's", AllocateCostOf(Coturn), AllocateCostOf(edge), least: 4);
        AddRatio(bars, "Allocates a core-second ÷ the reference's", AllocateCostOf(Reference), AllocateCostOf(edge), least: AllocatesOfReference);
        AddGrowth(bars, result, edge);
        if (result.Memory.FirstOrDefault(each => each.Server == edge) is { } memory)
        {
            AtMost(bars, "resident bytes an allocation, from 1000 to 10 000", memory.BytesPerAllocation, 3 * 1024, "0");
            AtMost(bars, "resident MiB when idle", memory.Idle / 1048576.0, 64, "0.0");
            AtMost(bars, "seconds from the start to the first answer", memory.StartSeconds, 0.5, "0.00");
        }

        if (result.Soak is { } soak)
        {
            AddSoak(bars, soak);
        }

        return bars;
    }

    private static void AddCosts(List<BenchBar> bars, BenchResult result, string edge)
    {
        foreach (BenchCase each in result.Samples.Select(sample => sample.Case).Distinct().Where(each => each.Direction is Direction.Up or Direction.Down))
        {
            double[] Of(string server, Func<BenchSample, double> figure) =>
                [.. result.Samples.Where(sample => sample.Case == each && sample.Server == server && sample.Round > 0).OrderBy(sample => sample.Round).Select(figure)];
            void Add(string what, Func<BenchSample, double> figure, double most) =>
                AddRatio(bars, $"{each}: {what} ÷ coturn's", Of(edge, figure), Of(Coturn, figure), most: most);
            if (each.Burst == BenchCase.VideoBurst)
            {
                Add("CPU a packet", sample => sample.CpuMicrosecondsPerPacket, 0.6);
            }
            else
            {
                if (each.PayloadBytes == BenchSaturation.Case.PayloadBytes)
                {
                    Add("CPU a packet", sample => sample.CpuMicrosecondsPerPacket, 1);
                }

                Add("p99 of the delay", sample => sample.LatencyP99Microseconds, 1);
            }
        }
    }

    private static void AddGrowth(List<BenchBar> bars, BenchResult result, string edge)
    {
        double[] CostAt(int allocations) =>
            [.. result.Samples.Where(each => each.Server == edge && each.Case.Allocations == allocations && each.Round > 0).OrderBy(each => each.Round).Select(each => each.CpuMicrosecondsPerPacket)];
        AddRatio(bars, "CPU a packet, 10 000 allocations ÷ 100, the same rate", CostAt(10_000), CostAt(100), most: 1.3);
    }

    private static void AddSoak(List<BenchBar> bars, SoakResult soak)
    {
        string at = string.Create(CultureInfo.InvariantCulture, $"soak of {soak.Seconds / 60:0.#} minutes at {soak.PacketsPerSecond:0} packets/s");
        AtMostIfTold(bars, $"{at}: longest pause for a collection, ms", soak.LongestPauseMilliseconds, LongestPauseMilliseconds, "the edge does not say");
        AtMostIfTold(bars, $"{at}: heap after the last collection ÷ after the first", soak.HeapGrowth, HeapGrowth, "too short: less than two collections");
        AtMost(bars, $"{at}: resident memory, last quarter ÷ first", soak.ResidentGrowth, ResidentGrowth, "0.00");
        AtMost(bars, $"{at}: packets lost", soak.Sent - soak.Received, 0, "0");
    }

    /// <summary>Nothing, where one of the two was not measured.</summary>
    private static void AddRatio(List<BenchBar> bars, string what, double[] numerators, double[] denominators, double? least = null, double? most = null)
    {
        if (numerators.Length == 0 || numerators.Length != denominators.Length)
        {
            return;
        }

        var ratio = Spread.OfRatios(numerators, denominators);
        string limit = string.Create(CultureInfo.InvariantCulture, $"{(least is null ? '≤' : '≥')} {least ?? most:0.##}");
        bars.Add(new BenchBar(what, limit, BenchTable.Cell(ratio, "0.00"), ratio.Median <= (most ?? double.MaxValue) && ratio.Median >= (least ?? 0)));
    }

    /// <summary>What cannot be told is not met.</summary>
    private static void AtMostIfTold(List<BenchBar> bars, string what, double? figure, double most, string otherwise)
    {
        if (figure is double told)
        {
            AtMost(bars, what, told, most, "0.00");
        }
        else
        {
            bars.Add(new BenchBar(what, string.Create(CultureInfo.InvariantCulture, $"≤ {most}"), otherwise, IsMet: false));
        }
    }

    private static void AtMost(List<BenchBar> bars, string what, double figure, double most, string format) => bars.Add(new BenchBar(
        what, string.Create(CultureInfo.InvariantCulture, $"≤ {most}"), figure.ToString(format, CultureInfo.InvariantCulture), figure <= most));
}
