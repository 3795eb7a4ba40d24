using System.Globalization;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Plots;
using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Bench;

/// <summary>Draws a comparison: an SVG for each table of which something was measured. The same result gives the same bytes.</summary>
internal static class BenchPlots
{
    /// <summary>The plots as files.</summary>
    public static IEnumerable<(string Name, string Svg)> Files(BenchResult result) => Of(result).Select(plot => ($"{plot.Name}.svg", plot.Svg));

    /// <summary>The plots by name.</summary>
    public static IEnumerable<(string Name, string Svg)> Of(BenchResult result)
    {
        string where = result.Machine.Veth ? "veth" : "loopback";
        if (result.Samples.Count != 0)
        {
            yield return ("cost", Cost(result, where).ToSvg());
            yield return ("delay", Delay(result, where).ToSvg());
        }

        if (result.Samples.Count != 0 && result.Servers.Count > 1)
        {
            yield return ("ratio", Ratio(result, where).ToSvg());
        }

        if (result.Saturated.Count != 0)
        {
            yield return ("saturation", Saturation(result, where).ToSvg());
        }

        if (result.Allocates.Count != 0)
        {
            yield return ("allocates", Allocates(result).ToSvg());
        }

        if (result.Memory.Count != 0)
        {
            yield return ("memory", Memory(result).ToSvg());
        }

        if (result.Soak is { } soak)
        {
            yield return ("soak", Soak(soak).ToSvg());
        }
    }

    private static BarChart Cost(BenchResult result, string where) => new(
        $"CPU of a relayed packet, {where}",
        "CPU-microseconds of each server per relayed packet, by what is relayed: medians of the rounds and their range.",
        new PlotAxis("CPU-µs per packet"),
        [.. result.Cases.Select(each => each.Case)],
        OfServers(result, name => result.Cases.Select(each => Bar(each.Servers.First(server => server.Server == name).CpuMicrosecondsPerPacket))));

    private static BarChart Ratio(BenchResult result, string where)
    {
        string first = result.Servers[0].Name;
        return new BarChart(
            $"CPU of a relayed packet, {first} ÷ others, {where}",
            $"What a packet costs {first} divided by what it costs each other server, by what is relayed: medians of the ratios of the rounds and their range.",
            new PlotAxis("ratio"),
            [.. result.Cases.Select(each => each.Case)],
            [
                .. result.Servers.Skip(1).Select(other => new BarSeries(
                    $"{first} ÷ {other.Name}",
                    [.. result.Cases.Select(each => Rounded(each.Servers.First(server => server.Server == other.Name).RatioOfFirst!.Value))])),
            ])
        {
            Limits = [new PlotLimit(1, "equal")],
        };
    }

    private static BarChart Delay(BenchResult result, string where)
    {
        CaseSummary[] cases = [.. result.Samples.Select(sample => sample.Case).Distinct()
            .Where(each => each is { Burst: 1, Direction: Direction.Up or Direction.Down }).Select(each => CaseSummary.Of(each, result))];
        CaseSummary[] shown = cases.Length == 0 ? [.. result.Cases] : cases;
        return new BarChart(
            string.Create(CultureInfo.InvariantCulture, $"Delay of a packet at {result.OfferedPacketsPerSecond:0} packets/s, {where}"),
            "Microseconds from when a packet was due to its arrival, percentiles, by what is relayed and by server: medians of the rounds and their range.",
            new PlotAxis("µs", AxisScale.Log),
            [.. shown.SelectMany(each => new[] { $"{each.Case}, p50", $"{each.Case}, p99", $"{each.Case}, p99.9" })],
            OfServers(result, name => shown.SelectMany(each =>
            {
                DelaySummary delay = each.Servers.First(server => server.Server == name).Delay;
                return new[] { Bar(delay.P50), Bar(delay.P99), Bar(delay.P999) };
            })));
    }

    private static BarChart Saturation(BenchResult result, string where)
    {
        int[] allocations = [.. result.Saturated.Select(each => each.Allocations).Distinct()];
        return new BarChart(
            $"Packets a core-second at the highest rate, {BenchSaturation.Case}, {where}",
            "Packets that a second of CPU relays at the highest rate with at most 0.1 % lost, by allocations and by server: medians of the rounds and their range.",
            new PlotAxis("packets a core-second"),
            [.. allocations.Select(count => count == 1 ? "1 allocation" : string.Create(CultureInfo.InvariantCulture, $"{count} allocations"))],
            OfServers(result, name => allocations.Select(count => BarOf(
                result.Saturated.Where(each => each.Server == name && each.Allocations == count && each.Round > 0).Select(each => 1e6 / each.CpuMicrosecondsPerPacket)))));
    }

    private static BarChart Allocates(BenchResult result) => new(
        "Allocations a core-second",
        "Allocations of new clients that a second of CPU makes and deletes, by server: medians of the rounds and their range.",
        new PlotAxis("allocations a core-second"),
        [.. result.Servers.Select(server => server.Name)],
        [
            new BarSeries(
                "allocations",
                [.. result.Servers.Select(server => BarOf(result.Allocates.Where(each => each.Server == server.Name && each.Round > 0).Select(each => 1e6 / each.CpuMicroseconds)))]),
        ]);

    private static BarChart Memory(BenchResult result) => new(
        "Resident memory by allocations",
        "Resident MiB of each server, idle and with allocations that have a channel each.",
        new PlotAxis("MiB"),
        ["idle", $"{BenchMemory.Few} allocations", $"{BenchMemory.Many} allocations"],
        OfServers(result, name => result.Memory.Where(each => each.Server == name)
            .SelectMany(each => new[] { each.Idle, each.WithFew, each.WithMany }).Select(bytes => (BarValue?)new BarValue(bytes / 1048576.0))));

    private static LineChart Soak(SoakResult soak) => new(
        string.Create(CultureInfo.InvariantCulture, $"Memory over {soak.Seconds / 60:0.#} minutes at {soak.PacketsPerSecond:0} packets/s"),
        "Resident memory of the edge and its runtime's heap over the time of a soak.",
        new PlotAxis("time", AxisScale.Time),
        new PlotAxis("MiB"),
        [
            new PlotSeries("resident", [.. soak.Points.Select(point => new PlotPoint(point.Seconds, point.ResidentBytes / 1048576.0))]),
            new PlotSeries("heap", [.. soak.Points.Select(point => new PlotPoint(point.Seconds, point.HeapBytes / 1048576.0))]),
        ]);

    private static BarSeries[] OfServers(BenchResult result, Func<string, IEnumerable<BarValue?>> values) =>
        [.. result.Servers.Select(server => new BarSeries(server.Name, [.. values(server.Name)]))];

    private static BarValue? Bar(Spread spread) => new BarValue(spread.Median, spread.Minimum, spread.Maximum);

    /// <summary>More digits of a ratio than two are noise.</summary>
    private static BarValue? Rounded(Spread ratio) => new BarValue(Math.Round(ratio.Median, 2), Math.Round(ratio.Minimum, 2), Math.Round(ratio.Maximum, 2));

    private static BarValue? BarOf(IEnumerable<double> rounds)
    {
        double[] values = [.. rounds];
        return values.Length == 0 ? null : Bar(Spread.Of(values));
    }
}
