using System.Text.RegularExpressions;

namespace Turnpike.Boards;

/// <summary>The metrics of the services as their READMEs list them, which tests of the services hold against what is exported.</summary>
internal sealed partial class MetricReference
{
    /// <summary>What Prometheus adds to every series: the chart's monitors see to namespace and instance.</summary>
    public static IReadOnlyList<string> TargetLabels { get; } = ["instance", "job", "namespace"];

    // prometheus-net's own, and Prometheus's series about alerts.
    private static readonly Dictionary<string, string[]> Others = new()
    {
        ["process_cpu_seconds_total"] = [],
        ["process_start_time_seconds"] = [],
        ["process_working_set_bytes"] = [],
        ["dotnet_total_memory_bytes"] = [],
        ["ALERTS"] = ["alertname", "alertstate", "severity"],
    };

    /// <param name="root">Of the repository.</param>
    public MetricReference(string root)
    {
        (string Name, string Type, string[] Labels)[] rows = [.. Tables(root)];
        Listed = [.. rows.Select(row => row.Name)];
        Series = rows.SelectMany(Expand).Concat(Others.Select(pair => (Name: pair.Key, Labels: pair.Value.AsEnumerable())))
            .ToDictionary(each => each.Name, IReadOnlySet<string> (each) => each.Labels.Concat(TargetLabels).ToHashSet());
    }

    /// <summary>The names in the tables, as they stand there.</summary>
    public IReadOnlyList<string> Listed { get; }

    /// <summary>Every series that an expression may name, with the labels that it has.</summary>
    public IReadOnlyDictionary<string, IReadOnlySet<string>> Series { get; }

    /// <summary>The metric of a series: that of its histogram where it is a part of one.</summary>
    public string MetricOf(string series) =>
        Listed.Contains(series) ? series : Suffix().Replace(series, "");

    private static IEnumerable<(string Name, IEnumerable<string> Labels)> Expand((string Name, string Type, string[] Labels) row) => row.Type switch
    {
        "histogram" => [(row.Name + "_bucket", [.. row.Labels, "le"]), (row.Name + "_sum", row.Labels), (row.Name + "_count", row.Labels)],
        _ => [(row.Name, row.Labels)],
    };

    private static IEnumerable<(string Name, string Type, string[] Labels)> Tables(string root) =>
        from service in new[] { "edge", "control-plane" }
        from Match row in Row().Matches(File.ReadAllText(Path.Combine(root, "services", service, "README.md")))
        select (row.Groups["name"].Value, row.Groups["type"].Value,
            row.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    [GeneratedRegex(@"^\| `(?<name>turnpike_\w+)` \| (?<type>counter|gauge|histogram) \| (?<labels>[\w, ]*)\|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("_(?:bucket|sum|count)$")]
    private static partial Regex Suffix();
}
