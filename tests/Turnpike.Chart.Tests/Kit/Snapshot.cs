using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Turnpike.Chart.Tests.Kit;

/// <summary>
/// Objects as sorted lines "KIND NAME PATH: VALUE", so that one rendering can be shown by what differs from another: short enough to be read in a
/// review. Left out are Secrets, which are made anew each time, dashboards and rules, which are files of the chart, and the labels that every object has.
/// </summary>
internal static class Snapshot
{
    private static readonly JsonSerializerOptions Plainly = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(Rendered rendered) => string.Concat(Lines(rendered).Select(line => line + "\n"));

    /// <summary>
    /// How <paramref name="rendered"/> differs from <paramref name="other"/>: the lines that only one of the two has. An object that is gone is one line.
    /// </summary>
    public static string Difference(Rendered rendered, Rendered other)
    {
        SortedSet<string> mine = Lines(rendered);
        HashSet<string> objects = [.. rendered.Objects.Select(NameOf)];
        IEnumerable<string> gone = other.Objects.Select(NameOf).Where(name => !objects.Contains(name));
        IEnumerable<string> changed = Lines(other).Except(mine).Where(line => objects.Contains(string.Join(' ', line.Split(' ', 3)[..2])));
        IEnumerable<string> made = mine.Except(Lines(other));
        return string.Concat(gone.Concat(changed).Select(line => "- " + line).Concat(made.Select(line => "+ " + line))
            .OrderBy(line => line[2..], StringComparer.Ordinal).Select(line => line + "\n"));
    }

    private static string NameOf(JsonObject each) => $"{each["kind"]} {each["metadata"]!["name"]}";

    private static SortedSet<string> Lines(Rendered rendered)
    {
        SortedSet<string> lines = new(StringComparer.Ordinal);
        foreach (JsonObject each in rendered.Objects)
        {
            Add(lines, NameOf(each), "", each);
        }
        return lines;
    }

    private static void Add(SortedSet<string> lines, string of, string path, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map when map.Count > 0:
                foreach ((string key, JsonNode? value) in map.Where(pair => !IsNoise(of, path, pair.Key)))
                {
                    Add(lines, of, path.Length == 0 ? key : $"{path}.{key}", value);
                }
                break;
            case JsonArray list when list.Count > 0:
                for (int i = 0; i < list.Count; i++)
                {
                    // By name where there is one: an entry more in the middle then changes one line, not all that follow.
                    string place = list[i] is JsonObject entry && entry["name"] is JsonValue name ? $"{name}" : $"{i}";
                    Add(lines, of, $"{path}[{place}]", list[i]);
                }
                break;
            default:
                lines.Add($"{of} {path}: {node?.ToJsonString(Plainly) ?? "null"}");
                break;
        }
    }

    private static bool IsContent(string of) =>
        of.StartsWith("Secret ", StringComparison.Ordinal) || of.StartsWith("PrometheusRule ", StringComparison.Ordinal) || of.Contains("-grafana-", StringComparison.Ordinal);

    private static bool IsNoise(string of, string path, string key) =>
        path.Length == 0 ? key is "kind" or "apiVersion" || (key is "data" or "spec" && IsContent(of))
        : path == "metadata" ? key == "namespace"
        : path == "metadata.labels" && (key == "helm.sh/chart" || key.StartsWith("app.kubernetes.io/", StringComparison.Ordinal));
}
