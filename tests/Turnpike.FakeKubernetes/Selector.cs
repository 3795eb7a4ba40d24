using System.Text.Json.Nodes;

namespace Turnpike.FakeKubernetes;

/// <summary>Label and field selectors, as queries have them.</summary>
public static class Selector
{
    public static bool Fits(JsonObject item, string labels, string fields) => FitsLabels(item, labels) && FitsFields(item, fields);

    private static bool FitsFields(JsonObject item, string fields) => fields.Split(',', StringSplitOptions.RemoveEmptyEntries).All(field =>
    {
        string[] parts = field.Split('=', 2);
        JsonNode? value = parts[0].Split('.').Aggregate((JsonNode?)item, (node, name) => (node as JsonObject)?[name]);
        return (value?.ToString() ?? "") == parts[1].TrimStart('=');
    });

    private static bool FitsLabels(JsonObject item, string labels) => Parts(labels).All(part =>
    {
        if (part.StartsWith('!'))
        {
            return item.Label(part[1..]).Length == 0;
        }
        if (part.Contains(" notin (", StringComparison.Ordinal) || part.Contains(" in (", StringComparison.Ordinal))
        {
            string[] words = part.Split([' ', '(', ')', ','], StringSplitOptions.RemoveEmptyEntries);
            return words.Skip(2).Contains(item.Label(words[0])) == (words[1] == "in");
        }
        string[] pair = part.Split(["!=", "==", "="], 2, StringSplitOptions.None);
        return pair.Length == 1 ? item.Label(pair[0]).Length > 0 : (item.Label(pair[0]) == pair[1]) != part.Contains("!=", StringComparison.Ordinal);
    });

    // Commas inside of brackets part values, not requirements.
    private static List<string> Parts(string labels)
    {
        List<string> parts = [];
        int depth = 0;
        int begin = 0;
        for (int i = 0; i <= labels.Length; i++)
        {
            depth += i < labels.Length ? labels[i] switch { '(' => 1, ')' => -1, _ => 0 } : 0;
            if (i == labels.Length || (labels[i] == ',' && depth == 0))
            {
                parts.Add(labels[begin..i].Trim());
                begin = i + 1;
            }
        }
        return [.. parts.Where(part => part.Length > 0)];
    }
}
