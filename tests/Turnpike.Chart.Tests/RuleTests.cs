using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Turnpike.Chart.Tests.Kit;

namespace Turnpike.Chart.Tests;

/// <summary>The rules: valid, proved to fire and to stop, explained, and the same with the operator as without.</summary>
[Collection(nameof(Cases))]
public sealed partial class RuleTests(Cases cases)
{
    private const string Runbooks = "https://turnpike.dev/runbooks";

    [Fact]
    public async Task Prometheus_takes_the_rules()
    {
        Finished finished = await Helm.RunAsync("promtool", ["check", "rules", "--lint=all", "--lint-fatal", RuleFile.Path], "");
        Assert.True(finished.ExitCode == 0, finished.Output + finished.Error);
    }

    [Fact]
    public async Task Every_alert_fires_and_stops()
    {
        Finished finished = await Helm.RunAsync("promtool", ["test", "rules", .. RuleFile.Tests], "");
        Assert.True(finished.ExitCode == 0, finished.Output + finished.Error);
        ILookup<string, bool> looked = RuleFile.Tests
            .SelectMany(file => Yaml.Objects(File.ReadAllText(file)).Single()["tests"]!.AsArray())
            .SelectMany(test => test!["promql_expr_test"]!.AsArray())
            .ToLookup(look => Firing().Match((string)look!["expr"]!).Groups[1].Value, look => look!["exp_samples"] is JsonArray { Count: > 0 });
        Assert.All(RuleFile.Alerts.Select(RuleFile.Name), alert =>
        {
            Assert.Contains(true, looked[alert]);
            Assert.Contains(false, looked[alert]);
        });
    }

    [Fact]
    public void Every_alert_has_its_runbook_in_the_README_and_every_runbook_its_alert()
    {
        string readme = File.ReadAllText(Path.Combine(Repository.Chart, "README.md"));
        string runbooks = readme[readme.IndexOf("\n## Runbooks\n", StringComparison.Ordinal)..];
        runbooks = runbooks[..runbooks.IndexOf("\n## ", 1, StringComparison.Ordinal)];
        Assert.Equal(RuleFile.Alerts.Select(RuleFile.Name).Order(), Heading().Matches(runbooks).Select(match => match.Groups[1].Value).Order());
    }

    [Fact]
    public void Every_alert_says_what_is_wrong_for_whom_and_where_to_read_on() => Assert.All(RuleFile.Alerts, alert =>
    {
        Assert.Contains((string)alert["labels"]!["severity"]!, (string[])["critical", "warning"]);
        JsonObject annotations = alert["annotations"]!.AsObject();
        Assert.Equal(["description", "runbook_url", "summary"], annotations.Select(pair => pair.Key).Order());
        Assert.Equal($"{Runbooks}#{RuleFile.Name(alert).ToLowerInvariant()}", (string)annotations["runbook_url"]!);
        Assert.Contains("{{ $labels.namespace }}", (string)annotations["description"]!, StringComparison.Ordinal);
    });

    // A label that the alert does not have is an empty place in its text.
    [Fact]
    public void The_texts_of_alerts_name_labels_that_the_alerts_have_when_they_fire()
    {
        string tests = string.Concat(RuleFile.Tests.Select(File.ReadAllText));
        IEnumerable<string> missing =
            from alert in RuleFile.Alerts
            let name = RuleFile.Name(alert)
            let fired = Regex.Match(tests, $@"ALERTS{{alertname=""{name}"",alertstate=""firing"",([^}}]+)}}").Groups[1].Value
            from Match label in Label().Matches(alert["annotations"]!.ToJsonString())
            where !fired.Contains($"{label.Groups[1].Value}=", StringComparison.Ordinal)
            select $"{name}: {label.Groups[1].Value}";
        Assert.Empty(missing);
    }

    [Fact]
    public void The_operators_rules_are_those_of_the_file_with_the_releases_own()
    {
        JsonArray groups = cases.Of("monitoring").One("PrometheusRule", "").DeepClone()["spec"]!["groups"]!.AsArray();
        Assert.Equal("own", (string)groups[^1]!["name"]!);
        groups.RemoveAt(groups.Count - 1);
        JsonArray expected = RuleFile.Content["groups"]!.DeepClone().AsArray();
        foreach (JsonArray rules in expected.Select(group => group!["rules"]!.AsArray()))
        {
            rules.RemoveAll(rule => (string?)rule!["alert"] is "TurnpikeRedisAway" or "TurnpikeRedisSlow" or "TurnpikeUsageNotWritten");
        }
        // Nobody takes a group without rules.
        Assert.Equal(1, expected.RemoveAll(group => group!["rules"]!.AsArray().Count == 0));
        JsonNode moved = JsonNode.Parse(expected.ToJsonString().Replace(Runbooks, "https://wiki.example.com/turnpike", StringComparison.Ordinal))!;
        Assert.True(JsonNode.DeepEquals(moved, groups), groups.ToJsonString());
    }

    [GeneratedRegex(@"alertname=""(\w+)""")]
    private static partial Regex Firing();

    [GeneratedRegex("^### (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\$labels\.(\w+)")]
    private static partial Regex Label();
}
