using System.Globalization;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Bench;

/// <summary>What the edge promises beside its peers, and whether this comparison saw it kept.</summary>
internal sealed record BenchBar(string What, string Limit, string Measured, bool IsMet);

/// <summary>The bars of a comparison whose first server is an edge: those for which it measured what they are about.</summary>
internal static class BenchBars
{
    /// <summary>The name of the relay that is nothing but kernel calls.</summary>
    public const string Reference = "reference";

    private const string Coturn = "coturn";

    // A new client's allocation costs the reference what 33 000 a core-second are, where the best peer manages 13 000.
    private const double AllocatesOfReference = 13.0 / 33;

    private const double LongestPauseMilliseconds = 5;
    private const double HeapGrowth = 1.1;
    private const double ResidentGrowth = 1.05;

    private const int FewestRounds = 6;
    private const double ShortestSoak = 600;

    // The measured time is the clock's, and the end of a soak may come a moment early.
    private const double SoakTolerance = 0.99;

    private static readonly string[] NoSubjects = [Coturn, Reference, "reference-single", "pion"];

    public static IReadOnlyList<BenchBar> Of(BenchResult result)
    {
        string edge = result.Servers[0].Name;
        if (NoSubjects.Contains(edge))
        {
            return [];
        }

        bool hasCoturn = result.Servers.Skip(1).Any(server => server.Name == Coturn);
        bool hasReference = result.Servers.Skip(1).Any(server => server.Name == Reference);
        var bars = new List<BenchBar>();
        if (hasCoturn)
        {
            AddCosts(bars, result, edge);
        }

        foreach (int allocations in result.Saturation.Select(each => each.Allocations).Concat(result.Saturated.Select(each => each.Allocations)).Distinct())
        {
            AddSaturation(bars, result, edge, allocations, hasCoturn, hasReference);
        }

        if (result.Allocates.Count != 0)
        {
            AddAllocates(bars, result, edge, hasCoturn, hasReference);
        }

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

    /// <summary>Why so little was measured that no bar is judged by it; none where it is enough.</summary>
    /// <param name="rounds">The discarded one is among them.</param>
    /// <param name="soakSeconds">Null: there is none.</param>
    public static IEnumerable<string> TooLittle(int rounds, double? soakSeconds)
    {
        if (rounds < FewestRounds)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"--bars takes at least {FewestRounds - 1} counted rounds (--rounds {FewestRounds}), and there are {rounds - 1}");
        }

        if (soakSeconds < ShortestSoak * SoakTolerance)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"--bars takes a soak of at least {ShortestSoak / 60:0} minutes, and it is {soakSeconds / 60:0.##}");
        }
    }

    /// <summary>Why the promises are not seen kept; none where they are. No bar is no proof.</summary>
    public static IReadOnlyList<string> Problems(BenchResult result)
    {
        IReadOnlyList<BenchBar> bars = Of(result);
        int missed = bars.Count(bar => !bar.IsMet);
        return
        [
            .. TooLittle(result.Rounds, result.Soak?.Seconds),
            .. bars.Count == 0 ? ["nothing was measured that a bar is about"] : Array.Empty<string>(),
            .. missed == 0 ? Array.Empty<string>() : [string.Create(CultureInfo.InvariantCulture, $"{missed} of {bars.Count} bars are missed")],
        ];
    }

    private static void AddCosts(List<BenchBar> bars, BenchResult result, string edge)
    {
        foreach (BenchCase each in result.Samples.Select(sample => sample.Case).Distinct().Where(each => each.Direction is Direction.Up or Direction.Down))
        {
            (int Round, double Figure)[] Of(string server, Func<BenchSample, double> figure) =>
                Counted(result.Samples.Where(sample => sample.Case == each && sample.Server == server).Select(sample => (sample.Round, figure(sample))));
            void Add(string what, Func<BenchSample, double> figure, double most) =>
                AddRatio(bars, $"{each}: {what} ÷ coturn's", Of(edge, figure), Of(Coturn, figure), most: most, lossPercent: LossOf(result, edge, each));
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
        const int Many = 10_000;
        const int Few = 100;
        BenchCase[] cases = [.. result.Samples.Select(sample => sample.Case).Distinct().Where(each => each.Allocations is Many or Few)];
        if (cases.Length == 0)
        {
            return;
        }

        (int Round, double Figure)[] CostAt(int allocations) => Counted(result.Samples
            .Where(each => each.Server == edge && each.Case.Allocations == allocations).Select(each => (each.Round, each.CpuMicrosecondsPerPacket)));
        AddRatio(
            bars,
            "CPU a packet, 10 000 allocations ÷ 100, the same rate",
            CostAt(Many),
            CostAt(Few),
            most: 1.3,
            lossPercent: cases.Max(each => LossOf(result, edge, each)));
    }

    private static void AddSaturation(List<BenchBar> bars, BenchResult result, string edge, int allocations, bool hasCoturn, bool hasReference)
    {
        string at = string.Create(CultureInfo.InvariantCulture, $"saturation, {allocations} allocation{(allocations == 1 ? "" : "s")}");
        SaturatedSample[] counted = [.. result.Saturated.Where(each => each.Allocations == allocations && each.Round > 0)];
        SaturatedSample[] floor = [.. result.Floor.Where(each => each.Allocations == allocations && each.Round > 0)];
        (int Round, double Figure)[] CostOf(string server) => Costs(counted.Where(each => each.Server == server));
        (int Round, double Figure)[] Costs(IEnumerable<SaturatedSample> samples) =>
            Counted(samples.Select(each => (each.Round, each.CpuMicrosecondsPerPacket)));
        static double Loss(IEnumerable<SaturatedSample> samples) =>
            samples.Select(each => each.LossPercent).ToArray() is { Length: > 0 } losses ? Spread.Of(losses).Median : 0;
        double loss = Loss(counted.Where(each => each.Server == edge));
        string Note(string peer, SaturatedSample[] peers)
        {
            string[] limited = [.. new[] { (Server: edge, Samples: counted), (Server: peer, Samples: peers) }
                .Where(of => of.Samples.Any(each => each.Server == of.Server && each.LimitedByGenerator))
                .Select(of => of.Server)];
            return limited.Length == 0 ? "" : $", the generator was the limit of {string.Join(" and ", limited)}";
        }

        if (hasCoturn)
        {
            AddRatio(bars, $"{at}: packets a core-second ÷ coturn's", CostOf(Coturn), CostOf(edge), least: 1.1, lossPercent: loss, note: Note(Coturn, counted));
        }

        if (hasReference)
        {
            // What the reference loses makes those dear that it relays.
            AddRatio(
                bars,
                $"{at}: CPU a packet ÷ the reference's at the same rate",
                CostOf(edge),
                Costs(floor),
                most: 1.15,
                lossPercent: Math.Max(loss, Loss(floor)),
                note: Note(Reference, floor));
        }
    }

    private static void AddAllocates(List<BenchBar> bars, BenchResult result, string edge, bool hasCoturn, bool hasReference)
    {
        (int Round, double Figure)[] CostOf(string server) =>
            Counted(result.Allocates.Where(each => each.Server == server).Select(each => (each.Round, each.CpuMicroseconds)));
        if (hasCoturn)
        {
            AddRatio(bars, "Allocates a core-second ÷ coturn's", CostOf(Coturn), CostOf(edge), least: 4);
        }

        if (hasReference)
        {
            AddRatio(bars, "Allocates a core-second ÷ the reference's", CostOf(Reference), CostOf(edge), least: AllocatesOfReference);
        }
    }

    private static void AddSoak(List<BenchBar> bars, SoakResult soak)
    {
        string at = string.Create(CultureInfo.InvariantCulture, $"soak of {soak.Seconds / 60:0.#} minutes at {soak.PacketsPerSecond:0} packets/s");
        AtMostIfTold(bars, $"{at}: longest pause for a collection, ms", soak.LongestPauseMilliseconds, LongestPauseMilliseconds, "the edge does not say");
        AtMostIfTold(bars, $"{at}: heap after the last collection ÷ after the first", soak.HeapGrowth, HeapGrowth, "too short: less than two collections");
        AtMost(bars, $"{at}: resident memory, last quarter ÷ first", soak.ResidentGrowth, ResidentGrowth, "0.00");
        AtMost(bars, $"{at}: packets lost", soak.Sent - soak.Received, 0, "0");
    }

    /// <summary>A server that drops packets is cheap and quick: with more lost than tolerated no ratio is met, nor where rounds are missing.</summary>
    private static void AddRatio(
        List<BenchBar> bars,
        string what,
        (int Round, double Figure)[] numerators,
        (int Round, double Figure)[] denominators,
        double? least = null,
        double? most = null,
        double lossPercent = 0,
        string note = "")
    {
        string limit = string.Create(CultureInfo.InvariantCulture, $"{(least is null ? '≤' : '≥')} {least ?? most:0.##}");
        bool arePairs = numerators.Length != 0 && numerators.Select(each => each.Round).SequenceEqual(denominators.Select(each => each.Round));
        if (!arePairs || numerators.Concat(denominators).Any(each => each.Figure <= 0))
        {
            bars.Add(new BenchBar(what, limit, "not measured", IsMet: false));
            return;
        }

        var ratio = Spread.OfRatios([.. numerators.Select(each => each.Figure)], [.. denominators.Select(each => each.Figure)]);
        bool isWithin = ratio.Median <= (most ?? double.MaxValue) && ratio.Median >= (least ?? 0);
        bars.Add(new BenchBar(
            what,
            limit,
            $"{BenchTable.Cell(ratio, "0.00")}{BenchTable.Lost(lossPercent)}{note}",
            isWithin && lossPercent <= SaturationSearch.ToleratedLossPercent));
    }

    /// <summary>The rounds after the first, in their order.</summary>
    private static (int Round, double Figure)[] Counted(IEnumerable<(int Round, double Figure)> rounds) =>
        [.. rounds.Where(each => each.Round > 0).OrderBy(each => each.Round)];

    /// <summary>What a server lost of a case in the counted rounds, without those in which it was the generator that lost.</summary>
    private static double LossOf(BenchResult result, string server, BenchCase which)
    {
        BenchSample[] own = [.. result.Samples.Where(each => each.Server == server && each.Case == which && each.Round > 0 && !each.LostByGenerator)];
        return DirectionResult.PercentLost(own.Sum(each => each.Sent), own.Sum(each => each.Received));
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
