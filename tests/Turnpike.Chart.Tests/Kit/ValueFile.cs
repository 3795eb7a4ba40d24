using System.Text.RegularExpressions;

namespace Turnpike.Chart.Tests.Kit;

/// <summary>One value of values.yaml: where it is, what it is by default, and the comment above it.</summary>
internal sealed record ChartValue(string Path, string Default, string Comment);

/// <summary>values.yaml as its readers see it: comments included.</summary>
internal static partial class ValueFile
{
    /// <summary>Every value that is not a section of others, in order, and every section that has a comment (its default is empty).</summary>
    public static List<ChartValue> Read()
    {
        string[] lines = File.ReadAllLines(Path.Combine(Repository.Chart, "values.yaml"));
        List<ChartValue> values = [];
        Stack<(int Indent, string Path)> sections = new();
        List<string> comment = [];
        for (int i = 0; i < lines.Length; i++)
        {
            Match line = Line().Match(lines[i]);
            int indent = line.Groups["indent"].Length;
            if (line.Groups["comment"].Success)
            {
                comment.Add(line.Groups["comment"].Value.Trim());
                continue;
            }
            if (!line.Groups["key"].Success)
            {
                comment.Clear();
                continue;
            }
            while (sections.TryPeek(out (int Indent, string Path) above) && above.Indent >= indent)
            {
                sections.Pop();
            }
            string path = sections.TryPeek(out (int Indent, string Path) section) ? $"{section.Path}.{line.Groups["key"].Value}" : line.Groups["key"].Value;
            string value = line.Groups["value"].Value.Trim();
            string text = string.Join(' ', comment);
            comment.Clear();
            if (value.Length > 0)
            {
                values.Add(new ChartValue(path, value, text));
                continue;
            }
            // Items of a list, and requests beside limits, are one value.
            List<string> below = [.. lines.Skip(i + 1).TakeWhile(next => next.Length > indent && next[indent] == ' ')];
            if (below.Count > 0 && below.All(next => next.TrimStart().StartsWith("- ", StringComparison.Ordinal)))
            {
                values.Add(new ChartValue(path, $"[{string.Join(", ", below.Select(next => next.TrimStart()[2..]))}]", text));
                i += below.Count;
            }
            else if (path.EndsWith(".resources", StringComparison.Ordinal))
            {
                values.Add(new ChartValue(path, $"{{{string.Join(", ", below.Select(next => next.Trim()))}}}", text));
                i += below.Count;
            }
            else
            {
                sections.Push((indent, path));
                if (text.Length > 0)
                {
                    values.Add(new ChartValue(path, "", text));
                }
            }
        }
        return values;
    }

    [GeneratedRegex(@"^(?<indent> *)(?:#(?<comment>.*)|(?<key>[A-Za-z]+):(?<value>.*))?$")]
    private static partial Regex Line();
}
