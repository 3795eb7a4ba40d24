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
        Line(text, $"{string.Join(" and ", result.Servers.Select(server => $"{server.Name} ({server.Version})"))}; {result.Machine.Processor}, Linux {result.Machine.Kernel}, over {(result.Machine.Veth ? "veth" : "loopback")}; {result.Allocations} allocations, {result.OfferedPacketsPerSecond:# ##0} packets/s, {result.Rounds - 1} counted rounds of {result.Seconds} s.");
        Line(text, $"CPU-µs per relayed packet: median (min–max). Ratios: median of the round-by-round ratios (min–max).");
        text.AppendLine();
        if (result.Samples.Count != 0)
        {
            AppendCosts(text, result);
        }

        if (result.Cases.Any(each => each.DisturbedRounds != 0))
        {
            text.AppendLine().AppendLine("`*n`: n rounds of this case had to share the machine with other work; repeat it on a quiet one.");
        }

        if (result.Saturation.Count != 0)
        {
            text.AppendLine();
            AppendSaturation(text, result);
        }

        if (result.Allocates.Count != 0)
        {
            text.AppendLine();
            AppendAllocates(text, result);
        }

        if (result.Memory.Count != 0)
        {
            text.AppendLine();
            AppendMemory(text, result);
        }

        return text.ToString();
    }

    private static void AppendCosts(StringBuilder text, BenchResult result)
    {
        string first = result.Servers[0].Name;
        IEnumerable<string> others = result.Servers.Skip(1).Select(server => server.Name);
        Row(text, ["case", .. result.Servers.Select(server => server.Name), .. others.Select(other => $"{first} ÷ {other}"), .. result.Servers.Select(server => $"p99 µs, {server.Name}"), .. result.Servers.Select(server => $"lost, {server.Name}")]);
        Row(text, Enumerable.Repeat("---", 4 * result.Servers.Count));
        foreach (CaseSummary each in result.Cases)
        {
            Row(
                text,
                [
                    each.DisturbedRounds == 0 ? each.Case : string.Create(CultureInfo.InvariantCulture, $"{each.Case} `*{each.DisturbedRounds}`"),
                    .. each.Servers.Select(server => Cell(server.CpuMicrosecondsPerPacket, "0.0")),
                    .. each.Servers.Skip(1).Select(server => $"**{Cell(server.RatioOfFirst!.Value, "0.00")}**"),
                    .. each.Servers.Select(server => string.Create(CultureInfo.InvariantCulture, $"{server.LatencyP99Microseconds.Median:0}")),
                    .. each.Servers.Select(server => string.Create(CultureInfo.InvariantCulture, $"{server.LossPercent:0.###} %")),
                ]);
        }
    }

    private static void AppendSaturation(StringBuilder text, BenchResult result)
    {
        int searches = result.Saturation.Count(each => each.Server == result.Servers[0].Name && each.Allocations == result.Saturation[0].Allocations);
        Line(text, $"Highest rate with at most {SaturationSearch.ToleratedLossPercent} % lost ({BenchRun.SaturationCase}; searched {searches} times, the best counts). A core-second's packets are those of the CPU time there.");
        text.AppendLine();
        Row(text, ["allocations", "server", "packets/s", "CPU-µs per packet there", "packets per core-second"]);
        Row(text, Enumerable.Repeat("---", 5));
        foreach (IGrouping<(int Allocations, string Server), SaturationSample> found in result.Saturation.GroupBy(each => (each.Allocations, each.Server)))
        {
            SaturationSample best = found.MaxBy(each => each.PacketsPerSecond)!;
            string more = best.LimitedByGenerator ? "≥ " : "";
            Row(
                text,
                [
                    string.Create(CultureInfo.InvariantCulture, $"{found.Key.Allocations}"),
                    found.Key.Server,
                    string.Create(CultureInfo.InvariantCulture, $"{more}{best.PacketsPerSecond:# ##0}"),
                    string.Create(CultureInfo.InvariantCulture, $"{best.CpuMicrosecondsPerPacket:0.0}"),
                    string.Create(CultureInfo.InvariantCulture, $"{1e6 / best.CpuMicrosecondsPerPacket:# ##0}"),
                ]);
        }
    }

    private static void AppendAllocates(StringBuilder text, BenchResult result)
    {
        Line(text, $"Allocations of new clients, 64 at a time: 401, success, deletion. Median (min–max) of the rounds after the first:");
        text.AppendLine();
        Row(text, ["server", "a second", "CPU-µs each", "a core-second"]);
        Row(text, Enumerable.Repeat("---", 4));
        foreach (BenchedServer server in result.Servers)
        {
            AllocateSample[] own = [.. result.Allocates.Where(each => each.Server == server.Name && each.Round > 0)];
            Spread cost = Spread.Of(own.Select(each => each.CpuMicroseconds));
            Row(
                text,
                [
                    server.Name,
                    Cell(Spread.Of(own.Select(each => each.PerSecond)), "0"),
                    Cell(cost, "0.0"),
                    string.Create(CultureInfo.InvariantCulture, $"{1e6 / cost.Median:# ##0}"),
                ]);
        }
    }

    private static void AppendMemory(StringBuilder text, BenchResult result)
    {
        Line(text, $"Resident memory, MiB; an allocation's share is the growth from {BenchMemory.Few} to {BenchMemory.Many}:");
        text.AppendLine();
        Row(text, ["server", "idle", $"{BenchMemory.Few} allocations", $"{BenchMemory.Many} allocations", "bytes an allocation"]);
        Row(text, Enumerable.Repeat("---", 5));
        foreach (MemorySample each in result.Memory)
        {
            Row(text, [each.Server, Mebibytes(each.Idle), Mebibytes(each.WithFew), Mebibytes(each.WithMany), string.Create(CultureInfo.InvariantCulture, $"{each.BytesPerAllocation:0}")]);
        }
    }

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0}");

    private static string Cell(Spread spread, string format) => string.Create(
        CultureInfo.InvariantCulture,
        $"{spread.Median.ToString(format, CultureInfo.InvariantCulture)} ({spread.Minimum.ToString(format, CultureInfo.InvariantCulture)}–{spread.Maximum.ToString(format, CultureInfo.InvariantCulture)})");

    private static void Row(StringBuilder text, IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).AppendLine(" |");

    private static void Line(StringBuilder text, FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
