using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Turnpike.Boards;
using Turnpike.Chart.Tests.Kit;

namespace Turnpike.Chart.Tests;

/// <summary>The chart's dashboards: whole, understandable, and shipped.</summary>
[Collection(nameof(Cases))]
public sealed partial class DashboardTests(Cases cases, ExpressionCheck check) : IClassFixture<ExpressionCheck>
{
    private static readonly string[] Known = ["stat", "timeseries", "gauge", "bargauge", "table"];

    public static TheoryData<string> Names() => [.. ChartBoards.All.Select(board => board.Name)];

    [Fact]
    public async Task The_dashboards_are_what_their_sources_make()
    {
        Finished finished = await Helm.RunAsync("node", [Path.Combine(Repository.Root, "charts", "observe", "dashboards", "write.mjs")], "");
        Assert.True(finished.ExitCode == 0, finished.Error);
        JsonObject made = JsonNode.Parse(finished.Output)!.AsObject();
        foreach ((string name, JsonNode? text) in made)
        {
            Repository.Agree(Path.Combine(Dashboard.Folder(Repository.Root), name), (string)text!);
        }
        Assert.Equal(ChartBoards.All.Select(board => board.Name + ".json").Order(), made.Select(pair => pair.Key).Order());
    }

    [Fact]
    public void Grafana_knows_every_field_and_Prometheus_every_expression() => Assert.Empty(check.Report.Problems);

    [Fact]
    public async Task The_check_finds_a_wrong_type_an_unknown_field_and_a_wrong_expression()
    {
        JsonObject board = ChartBoards.All[0].Json.DeepClone().AsObject();
        JsonObject panel = board["panels"]!.AsArray().First(each => (string)each!["type"]! == "timeseries")!.AsObject();
        panel["title"] = 5;
        panel["options"]!["legnd"] = true;
        ExpressionReport report = await ExpressionCheck.RunAsync(new Dictionary<string, JsonObject> { ["bad"] = board }, [("here", "sum(a")]);
        Assert.Contains(report.Problems, problem => problem.Contains("'number' is not assignable to type 'string", StringComparison.Ordinal));
        Assert.Contains(report.Problems, problem => problem.Contains("legnd", StringComparison.Ordinal));
        Assert.Contains("here: sum(a<here>", report.Problems);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_panel_says_what_it_shows_in_a_unit(string name)
    {
        Dashboard board = Of(name);
        Assert.All(board.Panels, panel =>
        {
            Assert.Contains((string)panel["type"]!, Known);
            Assert.Matches(@"^[A-Z].{10,}\.$", (string)panel["description"]!);
            Assert.NotEmpty((string)panel["fieldConfig"]!["defaults"]!["unit"]!);
            Assert.NotEmpty(panel["fieldConfig"]!["defaults"]!["thresholds"]!["steps"]!.AsArray());
        });
        // A series without a name of its own stands alone, or is a number of which the title says what it is.
        Assert.All(board.Panels.Where(panel => (string)panel["type"]! == "timeseries"), panel =>
            Assert.All(panel["targets"]!.AsArray(), target => Assert.NotEqual("", (string)target!["legendFormat"]!)));
        Assert.Equal("row", (string)board.AllPanels.First()["type"]!);
        Assert.Equal(board.Panels.Count(), board.Panels.Select(panel => (string)panel["title"]!).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Panels_fill_the_grid_without_lying_on_each_other(string name)
    {
        HashSet<(int X, int Y)> taken = [];
        foreach (JsonObject panel in Of(name).AllPanels)
        {
            int Place(string key) => (int)panel["gridPos"]![key]!;
            Assert.InRange(Place("x") + Place("w"), 1, 24);
            foreach (int x in Enumerable.Range(Place("x"), Place("w")))
            {
                foreach (int y in Enumerable.Range(Place("y"), Place("h")))
                {
                    Assert.True(taken.Add((x, y)), $"{panel["title"]} lies on another panel");
                }
            }
        }
        Assert.Equal(Of(name).AllPanels.Count(), Of(name).AllPanels.Select(panel => (int)panel["id"]!).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_variable_is_used_and_every_variable_that_is_used_is_there(string name)
    {
        Dashboard board = Of(name);
        IEnumerable<string> used = Used().Matches(board.Json.ToJsonString()).Select(match => match.Groups[1].Value)
            .Where(used => !used.StartsWith("__", StringComparison.Ordinal)).Distinct();
        Assert.Equal(board.Variables.Order(), used.Order());
    }

    [Fact]
    public void Every_link_leads_to_a_dashboard_that_has_the_variables_that_it_sets()
    {
        string[] links = [.. ChartBoards.All.SelectMany(board => Link().Matches(board.Json.ToJsonString()).Select(match => match.Value))];
        Assert.NotEmpty(links);
        Assert.All(links, link =>
        {
            Dashboard target = ChartBoards.All.Single(board => link.StartsWith($"/d/{board.Uid}?", StringComparison.Ordinal));
            // ${namespace:queryparam} is var-namespace=… whole.
            Assert.DoesNotMatch(@"=\$\{\w+:queryparam", link);
            Assert.All(SetVariable().Matches(link).Select(match => match.Groups[1].Value), variable => Assert.Contains(variable, target.Variables));
        });
    }

    [Fact]
    public void The_chart_ships_every_dashboard_as_a_ConfigMap_that_Grafanas_sidecar_finds()
    {
        JsonObject[] maps = [.. cases.Of("monitoring").OfKind("ConfigMap")];
        Assert.Equal(ChartBoards.All.Select(board => $"t-turnpike-grafana-{board.Name}").Order(), maps.Select(map => (string)map["metadata"]!["name"]!).Order());
        Assert.All(maps, map =>
        {
            Assert.Equal("1", (string)map["metadata"]!["labels"]!["grafana_dashboard"]!);
            Assert.Equal("Calls", (string)map["metadata"]!["annotations"]!["grafana_folder"]!);
            (string key, JsonNode? text) = Assert.Single(map["data"]!.AsObject());
            Assert.Equal(File.ReadAllText(Path.Combine(Dashboard.Folder(Repository.Root), key.Replace("turnpike-", "", StringComparison.Ordinal))), (string)text!);
            // What kubectl apply keeps in an annotation.
            Assert.InRange(((string)text!).Length, 1, 200_000);
        });
        Assert.Empty(cases.Of("plain").OfKind("ConfigMap"));
    }

    private static Dashboard Of(string name) => ChartBoards.All.Single(board => board.Name == name);

    [GeneratedRegex(@"\$\{?(\w+)")]
    private static partial Regex Used();

    [GeneratedRegex(@"/d/turnpike-[^""]+")]
    private static partial Regex Link();

    [GeneratedRegex(@"(?:var-|\{)(\w+)(?:=|:queryparam)")]
    private static partial Regex SetVariable();
}
