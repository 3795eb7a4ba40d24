using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Turnpike.Boards;

/// <summary>One of the chart's dashboards.</summary>
internal sealed partial class Dashboard(string file)
{
    /// <summary>Those of the repository's chart.</summary>
    public static IReadOnlyList<Dashboard> ReadAll(string root) =>
        [.. Directory.EnumerateFiles(Folder(root), "*.json").Order(StringComparer.Ordinal).Select(file => new Dashboard(file))];

    public static string Folder(string root) => Path.Combine(root, "charts", "turnpike", "dashboards");

    public string Name { get; } = Path.GetFileNameWithoutExtension(file);

    public JsonObject Json { get; } = JsonNode.Parse(File.ReadAllText(file))!.AsObject();

    public string Uid => (string)Json["uid"]!;

    /// <summary>Names of its variables.</summary>
    public IEnumerable<string> Variables => Json["templating"]!["list"]!.AsArray().Select(variable => (string)variable!["name"]!);

    /// <summary>Its panels, without the rows that they are in.</summary>
    public IEnumerable<JsonObject> Panels => AllPanels.Where(panel => (string)panel["type"]! != "row");

    public IEnumerable<JsonObject> AllPanels => Json["panels"]!.AsArray().Select(panel => panel!.AsObject());

    /// <summary>Every expression, with where it stands and the labels that its legend shows.</summary>
    public IEnumerable<BoardExpression> Expressions =>
        from panel in Panels
        from target in panel["targets"]!.AsArray()
        select new BoardExpression(
            $"{Name}: {panel["title"]}",
            (string)target!["refId"]!,
            (string)target["expr"]!,
            [.. LegendLabel().Matches((string)target["legendFormat"]!).Select(match => match.Groups[1].Value)]);

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex LegendLabel();
}

/// <summary>An expression of a panel, and its letter there.</summary>
internal sealed record BoardExpression(string Panel, string RefId, string Expr, IReadOnlyList<string> LegendLabels);
