using System.Text.RegularExpressions;
using Turnpike.Boards;
using Turnpike.Chart.Tests.Kit;

namespace Turnpike.Chart.Tests;

/// <summary>Dashboards, rules and pages name metrics and labels that the services export, and leave none unseen.</summary>
public sealed partial class MetricNameTests(ExpressionCheck check) : IClassFixture<ExpressionCheck>
{
    private static readonly MetricReference Reference = new(Repository.Root);

    [Fact]
    public void The_tables_of_metrics_can_be_read() => Assert.InRange(Reference.Listed.Count, 60, 1000);

    [Fact]
    public void Every_metric_and_every_label_in_an_expression_exists()
    {
        HashSet<string> recorded = [.. RuleFile.Rules.Select(rule => (string?)rule["record"]).OfType<string>()];
        Dictionary<string, IReadOnlyList<string>> legends = ChartBoards.All.SelectMany(board => board.Expressions).ToDictionary(ExpressionCheck.Where, each => each.LegendLabels);
        List<string> unknown = [];
        foreach (ExpressionUse use in check.Report.Uses)
        {
            string[] series = [.. use.Metrics.Keys.Where(name => !recorded.Contains(name))];
            unknown.AddRange(series.Where(name => !Reference.Series.ContainsKey(name)).Select(name => $"{use.Where}: {name}"));
            string[] known = [.. series.Where(Reference.Series.ContainsKey)];
            unknown.AddRange(
                from name in known
                from label in use.Metrics[name]
                where !Reference.Series[name].Contains(label)
                select $"{use.Where}: {name} has no label {label}");
            // Which of several metrics a group's label belongs to is not to be seen: one of them has to have it. A rule's own result has what it was grouped by.
            if (known.Length == use.Metrics.Count)
            {
                unknown.AddRange(
                    from label in use.Labels.Concat(legends.GetValueOrDefault(use.Where, []))
                    where !known.Any(name => Reference.Series[name].Contains(label))
                    select $"{use.Where}: nothing has a label {label}");
            }
        }
        Assert.Empty(unknown);
    }

    [Fact]
    public void Every_metric_is_on_a_panel_or_in_a_rule()
    {
        HashSet<string> seen = [.. check.Report.Uses.SelectMany(use => use.Metrics.Keys).Select(Reference.MetricOf)];
        Assert.All(Reference.Listed, name => Assert.Contains(name, seen));
    }

    [Fact]
    public void Every_metric_that_a_page_names_exists()
    {
        IEnumerable<string> pages = Directory.EnumerateFiles(Repository.Root, "*.md", SearchOption.AllDirectories)
            .Where(file => !file.Contains("node_modules", StringComparison.Ordinal) && !file.Contains("/artifacts/", StringComparison.Ordinal));
        IEnumerable<string> unknown =
            from page in pages
            from Match match in Named().Matches(File.ReadAllText(page))
            where !Reference.Series.ContainsKey(match.Value) && !Reference.Listed.Contains(match.Value)
            select $"{Path.GetRelativePath(Repository.Root, page)}: {match.Value}";
        Assert.Empty(unknown);
    }

    // Not turnpike_edge_*, and no other word that begins so.
    [GeneratedRegex(@"\bturnpike_(?:edge|control_plane)_\w*\w(?![\w*{])")]
    private static partial Regex Named();
}
