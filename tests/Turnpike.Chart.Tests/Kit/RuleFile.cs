using System.Text.Json.Nodes;

namespace Turnpike.Chart.Tests.Kit;

/// <summary>The rules as Prometheus reads them, which the chart's PrometheusRule is made from.</summary>
internal static class RuleFile
{
    public static string Path { get; } = System.IO.Path.Combine(Repository.Chart, "rules", "turnpike.yaml");

    public static JsonObject Content { get; } = Yaml.Objects(File.ReadAllText(Path)).Single();

    public static IReadOnlyList<JsonObject> Rules { get; } =
        [.. Content["groups"]!.AsArray().SelectMany(group => group!["rules"]!.AsArray()).Select(rule => rule!.AsObject())];

    public static IReadOnlyList<JsonObject> Alerts { get; } = [.. Rules.Where(rule => rule.ContainsKey("alert"))];

    /// <summary>promtool's unit tests of them.</summary>
    public static IReadOnlyList<string> Tests { get; } =
        [.. Directory.EnumerateFiles(System.IO.Path.Combine(Repository.Tests, "Rules"), "*.test.yaml").Order(StringComparer.Ordinal)];

    public static string Name(JsonObject alert) => (string)alert["alert"]!;
}
