using System.Globalization;
using System.Text;
using Turnpike.LoadTest.Measuring;

namespace Turnpike.LoadTest.Bench;

/// <summary>A comparison as Markdown, ready for the README beside this tool.</summary>
internal static class BenchTable
{
    public static string Of(BenchResult result)
    {
        var text = new StringBuilder();
        Line(text, $"{string.Join(", ", result.Servers.Select(server => $"{server.Name} ({server.Version})"))}; {result.Machine.Processor}, Linux {result.Machine.Kernel}, over {(result.Machine.Veth ? "veth" : "loopback")}; {result.Allocations} allocations, {result.OfferedPacketsPerSecond:# ##0} packets/s, {result.Rounds - 1} counted rounds of {result.Seconds} s; {result.TookSeconds / 60:0.0} minutes in all, load average at the end {result.Machine.LoadAtTheEnd}.");
        Section(text, result.Samples.Count != 0, result, AppendCosts);
        Section(text, result.Samples.Count != 0, result, AppendDelays);
        Section(text, result.Saturation.Count != 0, result, AppendSaturation);
        Section(text, result.Allocates.Count != 0, result, AppendAllocates);
        Section(text, result.Memory.Count != 0, result, AppendMemory);
        Section(text, result.Soak is not null, result, AppendSoak);
        Section(text, result.Bars.Count != 0, result, AppendBars);
        return text.ToString();
    }

    /// <summary>Median and range.</summary>
    public static string Cell(Spread spread, string format) => string.Create(
        CultureInfo.InvariantCulture,
        $"{spread.Median.ToString(format, CultureInfo.InvariantCulture)} ({spread.Minimum.ToString(format, CultureInfo.InvariantCulture)}–{spread.Maximum.ToString(format, CultureInfo.InvariantCulture)})");

    /// <summary>Nothing where nothing was.</summary>
    public static string Lost(double percent) =>
        percent < 0.0005 ? "" : string.Create(CultureInfo.InvariantCulture, $", {percent:0.###} % lost");

    private static void Section(StringBuilder text, bool isMeasured, BenchResult result, Action<StringBuilder, BenchResult> append)
    {
        if (isMeasured)
        {
            append(text.AppendLine(), result);
        }
    }

    private static void AppendCosts(StringBuilder text, BenchResult result)
    {
        string first = result.Servers[0].Name;
        Line(text, $"CPU-µs per relayed packet: median (min–max). Ratios: median of the round-by-round ratios (min–max).");
        text.AppendLine();
        Header(text, ["case", .. result.Servers.Select(server => server.Name), .. result.Servers.Skip(1).Select(other => $"{first} ÷ {other.Name}")]);
        foreach (CaseSummary each in result.Cases)
        {
            Row(
                text,
                [
                    each.DisturbedRounds == 0 ? each.Case : string.Create(CultureInfo.InvariantCulture, $"{each.Case} `*{each.DisturbedRounds}`"),
                    .. each.Servers.Select(server => Cell(server.CpuMicrosecondsPerPacket, "0.0")),
                    .. each.Servers.Skip(1).Select(server => $"**{Cell(server.RatioOfFirst!.Value, "0.00")}**"),
                ]);
        }

        if (result.Cases.Any(each => each.DisturbedRounds != 0))
        {
            text.AppendLine().AppendLine("`*n`: n rounds of this case had to share the machine with other work; repeat it on a quiet one.");
        }
    }

    private static void AppendDelays(StringBuilder text, BenchResult result)
    {
        Line(text, $"Delay of a packet, µs, p50 / p99 / p99.9: medians of the rounds; and what was lost.");
        text.AppendLine();
        Header(text, ["case", .. result.Servers.Select(server => server.Name)]);
        foreach (CaseSummary each in result.Cases)
        {
            Row(text, [each.Case, .. each.Servers.Select(server => string.Create(
                CultureInfo.InvariantCulture,
                $"{server.Delay.P50.Median:0} / {server.Delay.P99.Median:0} / {server.Delay.P999.Median:0}{Lost(server.LossPercent)}"))]);
        }
    }

    private static void AppendSaturation(StringBuilder text, BenchResult result)
    {
        int searches = result.Saturation.Count(each => each.Server == result.Servers[0].Name && each.Allocations == result.Saturation[0].Allocations);
        Line(text, $"Highest rate with at most {SaturationSearch.ToleratedLossPercent} % lost ({BenchSaturation.Case}; searched {searches} times, the best counts; a step lower where staying there lost more), and what a packet costs there: median (min–max) of the rounds. ≥: the generator was the limit. A core-second's packets are those of its CPU time.");
        text.AppendLine();
        Header(text, ["allocations", "server", "packets/s", "CPU-µs per packet there", "packets per core-second"]);
        foreach (IGrouping<(int Allocations, string Server), SaturationSample> found in result.Saturation.GroupBy(each => (each.Allocations, each.Server)))
        {
            SaturationSample best = found.MaxBy(each => each.PacketsPerSecond)!;
            SaturatedSample[] stayed = [.. result.Saturated.Where(each => (each.Allocations, each.Server) == found.Key && each.Round > 0)];
            bool isMeasured = stayed.Length != 0;
            Spread cost = Spread.Of(isMeasured ? stayed.Select(each => each.CpuMicrosecondsPerPacket) : [best.CpuMicrosecondsPerPacket]);
            double rate = isMeasured ? Spread.Of(stayed.Select(each => each.PacketsPerSecond)).Median : best.PacketsPerSecond;
            string more = (isMeasured ? stayed.Any(each => each.LimitedByGenerator) : best.LimitedByGenerator) ? "≥ " : "";
            string lost = isMeasured ? Lost(Spread.Of(stayed.Select(each => each.LossPercent)).Median) : "";
            Row(
                text,
                [
                    string.Create(CultureInfo.InvariantCulture, $"{found.Key.Allocations}"),
                    found.Key.Server,
                    string.Create(CultureInfo.InvariantCulture, $"{more}{rate:# ##0}{lost}"),
                    Cell(cost, "0.0"),
                    string.Create(CultureInfo.InvariantCulture, $"{1e6 / cost.Median:# ##0}"),
                ]);
        }
    }

    private static void AppendAllocates(StringBuilder text, BenchResult result)
    {
        Line(text, $"Allocations of new clients, 64 at a time: 401, success, deletion. Median (min–max) of the rounds after the first:");
        text.AppendLine();
        Header(text, ["server", "a second", "CPU-µs each", "a core-second"]);
        foreach (BenchedServer server in result.Servers)
        {
            AllocateSample[] own = [.. result.Allocates.Where(each => each.Server == server.Name && each.Round > 0)];
            Spread cost = Spread.Of(own.Select(each => each.CpuMicroseconds));
            long taken = own.Sum(each => each.Taken);
            Row(
                text,
                [
                    server.Name,
                    $"{Cell(Spread.Of(own.Select(each => each.PerSecond)), "0")}{(taken == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {taken} refused (437)"))}",
                    Cell(cost, "0.0"),
                    string.Create(CultureInfo.InvariantCulture, $"{1e6 / cost.Median:# ##0}"),
                ]);
        }
    }

    private static void AppendMemory(StringBuilder text, BenchResult result)
    {
        Line(text, $"A fresh server: seconds to the first answer and resident memory idle {BenchMemory.Settling.TotalSeconds:0} seconds after it, medians of {BenchMemory.Starts} starts, and the last one's with allocations, MiB; an allocation's share is the growth from {BenchMemory.Few} to {BenchMemory.Many}:");
        text.AppendLine();
        Header(text, ["server", "first answer", "idle", $"{BenchMemory.Few} allocations", $"{BenchMemory.Many} allocations", "bytes an allocation"]);
        foreach (MemorySample each in result.Memory)
        {
            Row(text, [each.Server, string.Create(CultureInfo.InvariantCulture, $"{each.StartSeconds:0.00} s"), Mebibytes(each.Idle), Mebibytes(each.WithFew), Mebibytes(each.WithMany), string.Create(CultureInfo.InvariantCulture, $"{each.BytesPerAllocation:0}")]);
        }
    }

    private static void AppendSoak(StringBuilder text, BenchResult result)
    {
        SoakResult soak = result.Soak!;
        Line(text, $"{soak.Server} for {soak.Seconds / 60:0.#} minutes at half of its highest rate, {soak.PacketsPerSecond:# ##0} packets/s over {soak.Allocations} allocations: {soak.CpuMicrosecondsPerPacket:0.0} CPU-µs a packet, {soak.Sent - soak.Received} of {soak.Sent} lost; delay p50 {soak.LatencyP50Microseconds:0} µs, p99 {soak.LatencyP99Microseconds:0}, p99.9 {soak.LatencyP999Microseconds:0}, at worst {soak.LatencyMaximumMicroseconds:0}; {soak.Collections} collections.");
        text.AppendLine();
        Header(text, ["after", "resident MiB", "heap MiB", "collections", "pauses so far, ms"]);
        foreach (SoakPoint point in new[] { 0, soak.Points.Count / 4, soak.Points.Count / 2, soak.Points.Count * 3 / 4, soak.Points.Count - 1 }.Select(index => soak.Points[index]))
        {
            Row(
                text,
                [
                    string.Create(CultureInfo.InvariantCulture, $"{point.Seconds:0} s"),
                    Mebibytes(point.ResidentBytes),
                    Mebibytes(point.HeapBytes),
                    string.Create(CultureInfo.InvariantCulture, $"{point.Collections}"),
                    point.PauseSeconds is double paused ? string.Create(CultureInfo.InvariantCulture, $"{paused * 1e3:0.0}") : "",
                ]);
        }
    }

    private static void AppendBars(StringBuilder text, BenchResult result)
    {
        Line(text, $"Bars for {result.Servers[0].Name}, {result.Bars.Count(bar => bar.IsMet)} of {result.Bars.Count} met (medians count):");
        text.AppendLine();
        Header(text, ["bar", "limit", "measured", "verdict"]);
        foreach (BenchBar bar in result.Bars)
        {
            Row(text, [bar.What, bar.Limit, bar.Measured, bar.IsMet ? "met" : "**missed**"]);
        }
    }

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0}");

    private static void Header(StringBuilder text, IReadOnlyCollection<string> cells)
    {
        Row(text, cells);
        Row(text, Enumerable.Repeat("---", cells.Count));
    }

    private static void Row(StringBuilder text, IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).AppendLine(" |");

    private static void Line(StringBuilder text, FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
