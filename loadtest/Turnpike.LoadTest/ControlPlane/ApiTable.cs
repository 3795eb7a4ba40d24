using System.Globalization;
using System.Text;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.ControlPlane;

/// <summary>The figures as text, ready for the README beside this tool.</summary>
internal static class ApiTable
{
    public static string Of(ApiFigures figures)
    {
        var text = new StringBuilder();
        if (figures.Watchers is { } watchers)
        {
            string told = watchers.EverybodyToldMilliseconds is { } milliseconds ? Text($", an event with all of them after {milliseconds:0} ms") : "";
            string memory = watchers.KilobytesEach is { } each ? Text($": {each:0.0} KiB each, {watchers.ResidentMegabytes:0} MiB in all") : "";
            Line(text, $"{watchers.Count} watchers of events, {watchers.PerConnection} on a connection{memory}{told}.");
        }

        Spread rates = Spread.Of(figures.Rounds.Select(round => round.PerSecond));
        Line(text, $"IssueCredential, {figures.Rounds[0].Concurrent} at a time, {figures.Rounds.Count} rounds: {rates.Median:0} calls/s ({rates.Minimum:0}–{rates.Maximum:0});");
        if (figures.Rounds[0].CpuMicrosecondsEach is not null)
        {
            Spread cost = Spread.Of(figures.Rounds.Select(round => round.CpuMicrosecondsEach!.Value));
            Line(text, $"CPU of the server {cost.Minimum:0} µs a call at least, {cost.Median:0} in the median: {1e6 / cost.Minimum:0} calls a second and core.");
        }

        IssueLatency latency = figures.Latency;
        string cpu = latency.CpuPercent is { } percent ? Text($"; the server's CPU {percent:0} % of a core") : "";
        Line(text, $"IssueCredential, {latency.PerSecond} a second: ms {Times(latency.LatencyMicroseconds)}; {latency.Failed} of {latency.Calls} failed{cpu}; begun late by {latency.WorstLatenessMilliseconds:0.0} ms at worst.");
        if (latency.FirstFailure is { } why)
        {
            Line(text, $"The first failure: {why}");
        }

        return text.ToString();
    }

    private static string Times(LatencyResult latency) => Text(
        $"p50 {latency.P50 / 1e3:0.00}, p99 {latency.P99 / 1e3:0.00}, p99.9 {latency.P999 / 1e3:0.00}, max {latency.Maximum / 1e3:0.0}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static void Line(StringBuilder text, FormattableString line) => text.AppendLine(Text(line));
}
