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
        Line(text, $"{string.Join(" and ", result.Servers.Select(server => $"{server.Name} ({server.Version})"))}; {result.Machine.Processor}, Linux {result.Machine.Kernel}; {result.Allocations} allocations, {result.OfferedPacketsPerSecond:# ##0} packets/s, {result.Rounds - 1} counted rounds of {result.Seconds} s.");
        Line(text, $"CPU-µs per relayed packet: median (min–max). Ratios: median of the round-by-round ratios (min–max).");
        text.AppendLine();
        AppendCosts(text, result);
        if (result.Cases.Any(each => each.DisturbedRounds != 0))
        {
            text.AppendLine().AppendLine("`*n`: n rounds of this case had to share the machine with other work; repeat it on a quiet one.");
        }

        if (result.Saturation.Count != 0)
        {
            text.AppendLine();
            AppendSaturation(text, result);
        }

        return text.ToString();
    }

    private static void AppendCosts(StringBuilder text, BenchResult result)
    {
        string first = result.Servers[0].Name;
        IEnumerable<string> others = result.Servers.Skip(1).Select(server => server.Name);
        Row(text, ["case", .. result.Servers.Select(server => server.Name), .. others.Select(other => $"{first} ÷ {other}"), .. result.Servers.Select(server => $"lost, {server.Name}")]);
        Row(text, Enumerable.Repeat("---", 3 * result.Servers.Count));
        foreach (CaseSummary each in result.Cases)
        {
            Row(
                text,
                [
                    each.DisturbedRounds == 0 ? each.Case : string.Create(CultureInfo.InvariantCulture, $"{each.Case} `*{each.DisturbedRounds}`"),
                    .. each.Servers.Select(server => Cell(server.CpuMicrosecondsPerPacket, "0.0")),
                    .. each.Servers.Skip(1).Select(server => $"**{Cell(server.RatioOfFirst!.Value, "0.00")}**"),
                    .. each.Servers.Select(server => string.Create(CultureInfo.InvariantCulture, $"{server.LossPercent:0.###} %")),
                ]);
        }
    }

    private static void AppendSaturation(StringBuilder text, BenchResult result)
    {
        Line(text, $"Highest rate with at most {SaturationSearch.ToleratedLossPercent} % lost ({BenchRun.SaturationCase}, {result.Allocations} allocations; searched {result.Saturation.Count / result.Servers.Count} times, the best counts):");
        text.AppendLine();
        Row(text, ["server", "packets/s", "CPU-µs per packet there"]);
        Row(text, Enumerable.Repeat("---", 3));
        foreach (BenchedServer server in result.Servers)
        {
            SaturationSample best = result.Saturation.Where(each => each.Server == server.Name).MaxBy(each => each.PacketsPerSecond)!;
            string more = best.LimitedByGenerator ? "≥ " : "";
            Row(
                text,
                [
                    server.Name,
                    string.Create(CultureInfo.InvariantCulture, $"{more}{best.PacketsPerSecond:# ##0}"),
                    string.Create(CultureInfo.InvariantCulture, $"{best.CpuMicrosecondsPerPacket:0.0}"),
                ]);
        }
    }

    private static string Cell(Spread spread, string format) => string.Create(
        CultureInfo.InvariantCulture,
        $"{spread.Median.ToString(format, CultureInfo.InvariantCulture)} ({spread.Minimum.ToString(format, CultureInfo.InvariantCulture)}–{spread.Maximum.ToString(format, CultureInfo.InvariantCulture)})");

    private static void Row(StringBuilder text, IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).AppendLine(" |");

    private static void Line(StringBuilder text, FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
