using System.Text.Json;
using Turnpike.Boards;
using Turnpike.ControlPlane.Interop.Kit;
using Turnpike.Interop.Processes;

namespace Turnpike.ControlPlane.Interop.Boards;

/// <summary>The chart's dashboards against a cluster under load: every expression has data in a real Prometheus, and every panel shows it.</summary>
[Collection(ThreeEdges.Collection)]
public sealed class BoardTests(BusyCluster cluster) : IClassFixture<BusyCluster>
{
    private const string NoTls = "the cluster's listeners have no certificate";
    private const string NoKubernetes = "the built-in scaler acts on Kubernetes only; promtool's tests have its alerts";

    /// <summary>Panels that this cluster cannot fill, and why.</summary>
    private static readonly Dictionary<string, string> Empty = new()
    {
        ["edge: Certificate ends in"] = NoTls,
        ["control-plane: Certificate ends in"] = NoTls,
        ["scaling: Scaling replica"] = NoKubernetes,
        ["scaling: Decisions"] = NoKubernetes,
        ["scaling: Steps"] = NoKubernetes,
        ["scaling: Trouble by kind"] = NoKubernetes,
        ["scaling: Changes of the scaling replica"] = NoKubernetes,
        ["scaling: Calls to the API server"] = NoKubernetes,
        ["scaling: Outcome of these calls"] = NoKubernetes,
        ["scaling: Objects followed"] = NoKubernetes,
        ["scaling: Lists and watches"] = NoKubernetes,
    };

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PageDeadline = TimeSpan.FromSeconds(180);
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    [Fact]
    public async Task Every_expression_of_every_panel_has_data()
    {
        List<BoardExpression> pending = [.. Dashboard.ReadAll(Repository.Root).SelectMany(board => board.Expressions).Where(each => !Empty.ContainsKey(each.Panel))];
        Assert.True(pending.Count > 150);
        try
        {
            await Deadline.UntilAsync("all panels have data", Soon, async () =>
            {
                List<BoardExpression> without = [];
                foreach (BoardExpression each in pending)
                {
                    var series = await cluster.Prometheus.QueryAsync(Filled(each.Expr));
                    if (!series.Any(one => double.IsFinite(one.Value)))
                    {
                        without.Add(each);
                    }
                }
                pending = without;
                return pending.Count == 0;
            });
        }
        catch (TimeoutException)
        {
            Assert.Fail($"no data: {string.Join(", ", pending.Select(each => $"{each.Panel} {each.RefId}"))}");
        }
    }

    [Fact]
    public async Task Every_series_is_in_the_reference_with_its_labels()
    {
        MetricReference reference = new(Repository.Root);
        var series = await cluster.Prometheus.SeriesAsync("{__name__=~\"turnpike_.*\"}");
        Assert.NotEmpty(series);
        IEnumerable<string> wrong =
            from labels in series
            let name = labels["__name__"]
            let own = labels.Keys.Except(MetricReference.TargetLabels).Except(["__name__"]).Order()
            where !reference.Series.TryGetValue(name, out IReadOnlySet<string>? known) || !own.SequenceEqual(known.Except(MetricReference.TargetLabels).Order())
            select $"{name}{{{string.Join(",", own)}}}";
        Assert.Empty(wrong.Distinct());
    }

    [Fact]
    public async Task Every_rule_can_be_evaluated()
    {
        var failed = await cluster.Prometheus.QueryAsync("prometheus_rule_evaluation_failures_total > 0");
        Assert.Empty(failed);
        Assert.Empty((await cluster.Prometheus.QueryAsync("ALERTS{alertstate=\"firing\"}")).Select(alert => alert.Labels["alertname"]));
    }

    [Fact]
    public async Task The_page_shows_what_Grafana_would()
    {
        string request = JsonSerializer.Serialize(
            new { cluster.Prometheus.Url, Screenshots = Environment.GetEnvironmentVariable("TURNPIKE_SCREENSHOTS") }, Web);
        await using var node = ChildProcess.Start("node", [Repository.BoardsScript, request]);
        await node.WaitForExitAsync(PageDeadline);
        PageResult page = JsonSerializer.Deserialize<PageResult>(node.Output.Split('\n').Last(line => line.StartsWith('{')), Web)!;
        Assert.Empty(page.Complaints);
        Assert.Equal(Dashboard.ReadAll(Repository.Root).Sum(board => board.Panels.Count()), page.Panels.Count);
        Assert.Empty(page.Panels.Where(panel => panel.State == "error").Select(panel => panel.Name));
        Assert.Equal(Empty.Keys.Order(), page.Panels.Where(panel => panel.State == "empty").Select(panel => panel.Name).Order());
        // What a reader does: to one edge from the list of all of them.
        Assert.Equal($"Turnpike / Edge of {page.Clicked}", page.Followed);
        Assert.Equal(["dark", "light"], page.Themes.Order());
    }

    private static string Filled(string expression) => expression
        .Replace("$__rate_interval", PrometheusServer.RateInterval, StringComparison.Ordinal)
        .Replace("$__range", PrometheusServer.RateInterval, StringComparison.Ordinal)
        .Replace("$namespace", ".*", StringComparison.Ordinal)
        .Replace("$edge", ".*", StringComparison.Ordinal)
        .Replace("$realm", ".*", StringComparison.Ordinal)
        .Replace("$replica", ".*", StringComparison.Ordinal);

    private sealed record PageResult(
        IReadOnlyList<string> Complaints, IReadOnlyList<PanelResult> Panels, string Clicked, string Followed, IReadOnlyList<string> Themes);

    private sealed record PanelResult(string Name, string State);
}
