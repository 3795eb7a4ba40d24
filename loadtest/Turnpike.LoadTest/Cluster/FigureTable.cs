using System.Globalization;
using System.Text;
using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Cluster;

/// <summary>The figures as Markdown, ready for the README beside this tool.</summary>
internal static class FigureTable
{
    public static string Of(ClusterFigures figures)
    {
        var text = new StringBuilder();
        Line(text, $"Redis {figures.RedisVersion}; an edge with one shard; each allocation is deleted again.");
        text.AppendLine();
        Line(text, $"| edge | at a time | Allocates/s | answer µs, p50 | p99 | store calls an Allocate |");
        Line(text, $"| --- | --- | --- | --- | --- | --- |");
        foreach (AllocateFigure each in figures.Allocates)
        {
            string calls = each.StoreCallsEach is { } value ? value.ToString("0.00", CultureInfo.InvariantCulture) : "";
            Line(text, $"| {each.Setting} | {each.Concurrent} | {each.PerSecond:0} | {each.LatencyMicroseconds.P50:0} | {each.LatencyMicroseconds.P99:0} | {calls} |");
        }

        text.AppendLine();
        string commands = string.Join(", ", figures.Heartbeat.ByCommand.OrderByDescending(each => each.Value)
            .Select(each => string.Create(CultureInfo.InvariantCulture, $"{each.Key} {each.Value:0.0}")));
        Line(text, $"An edge without clients: {figures.Heartbeat.CallsPerSecond:0.0} scripts a second (commands inside them included: {commands}).");
        FleetFigure fleet = figures.Fleet;
        Line(text, $"{fleet.Edges} edges with {fleet.UsersPerEdge} users each at one store: {fleet.StoreCpuPercent:0} % of a core, {fleet.StoreCallsPerSecond:0} scripts/s, {fleet.Failures} calls without an answer;");
        Line(text, $"heartbeat µs {Times(fleet.HeartbeatMicroseconds)}; {fleet.Grants} grants, µs {Times(fleet.GrantMicroseconds)}.");
        Line(text, $"{figures.Credentials.Count} credentials on one thread: {figures.Credentials.IssueMicroseconds:0.00} µs to issue, {figures.Credentials.VerifyMicroseconds:0.00} µs to verify.");
        return text.ToString();
    }

    private static string Times(LatencyResult latency) =>
        string.Create(CultureInfo.InvariantCulture, $"p50 {latency.P50:0}, p99 {latency.P99:0}, max {latency.Maximum:0}");

    private static void Line(StringBuilder text, FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
