using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Turnpike.Chart.Tests.Kit;

namespace Turnpike.Chart.Tests;

/// <summary>What the chart's pages say about values is so.</summary>
public sealed partial class ReadmeTests
{
    private const string Begin = "<!-- values: made from values.yaml by `make chart` -->\n";
    private const string End = "<!-- /values -->";

    [Fact]
    public void The_table_of_values_is_made_from_their_comments()
    {
        string file = Path.Combine(Repository.Chart, "README.md");
        string text = File.ReadAllText(file);
        int start = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        int end = text.IndexOf(End, StringComparison.Ordinal);
        Assert.True(start >= Begin.Length && end >= start, "README.md has lost the marks of its table");
        StringBuilder table = new("| Value | Default | Meaning |\n| --- | --- | --- |\n");
        foreach (ChartValue value in ValueFile.Read())
        {
            string fallback = value.Default.Length == 0 ? "" : $"`{value.Default.Replace("|", "\\|", StringComparison.Ordinal)}`";
            table.Append(CultureInfo.InvariantCulture, $"| `{value.Path}` | {fallback} | {value.Comment.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        }
        Repository.Agree(file, string.Concat(text.AsSpan(0, start), table.ToString(), text.AsSpan(end)));
    }

    [Fact]
    public void Every_value_has_a_comment() =>
        Assert.Empty(ValueFile.Read().Where(value => value.Comment.Length == 0).Select(value => value.Path));

    [Fact]
    public void The_reader_of_comments_sees_every_value()
    {
        List<string> leaves = [];
        Leaves("", Yaml.Objects(File.ReadAllText(Path.Combine(Repository.Chart, "values.yaml"))).Single(), leaves);
        Assert.Equal(leaves, ValueFile.Read().Where(value => value.Default.Length > 0).Select(value => value.Path));
    }

    public static TheoryData<string> Pages() =>
        [.. Directory.EnumerateFiles(Repository.Chart, "*.*", SearchOption.AllDirectories)
            .Where(file => file.EndsWith(".md", StringComparison.Ordinal) || file.EndsWith("NOTES.txt", StringComparison.Ordinal))
            .Select(file => Path.GetRelativePath(Repository.Chart, file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_value_that_a_page_names_exists(string page)
    {
        HashSet<string> known = [];
        foreach (string path in ValueFile.Read().Select(value => value.Path))
        {
            // The value and the sections that it is in.
            for (int end = path.Length; end > 0; end = path.LastIndexOf('.', end - 1))
            {
                known.Add(path[..end]);
            }
        }
        string[] free = ["edge.config.", "controlPlane.config.", "autoscaling.keda.", "autoscaling.hpa.", "edge.tls.certManager.issuerRef."];
        IEnumerable<string> unknown =
            from Match match in Named().Matches(Template().Replace(File.ReadAllText(Path.Combine(Repository.Chart, page)), ""))
            let path = match.Value.TrimEnd('.')
            where !known.Contains(path) && !free.Any(prefix => path.StartsWith(prefix, StringComparison.Ordinal))
            select path;
        Assert.Empty(unknown);
    }

    private static void Leaves(string path, JsonObject section, List<string> leaves)
    {
        foreach ((string key, JsonNode? value) in section)
        {
            if (value is JsonObject { Count: > 0 } below && key is not ("resources" or "labels"))
            {
                Leaves($"{path}{key}.", below, leaves);
            }
            else
            {
                leaves.Add(path + key);
            }
        }
    }

    // In NOTES.txt helpers have such names too.
    [GeneratedRegex("{{.*?}}")]
    private static partial Regex Template();

    [GeneratedRegex(@"\b(?:redis|edge|controlPlane|autoscaling|networkPolicy|metrics|grafana|tests|credentials)\.[a-z][A-Za-z.]+")]
    private static partial Regex Named();
}
