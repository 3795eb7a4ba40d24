using System.Globalization;
using System.Text.RegularExpressions;

namespace Turnpike.Edge.Tests.Host;

/// <summary>A scrape in Prometheus' text format, read strictly: anything that is neither comment nor sample fails.</summary>
internal sealed partial class Exposition
{
    public Dictionary<string, string> Types { get; } = [];

    public Dictionary<string, string> Help { get; } = [];

    /// <summary>Values by series: <c>name{a="1",b="2"}</c>, labels in order of their names.</summary>
    public Dictionary<string, double> Samples { get; } = [];

    public static Exposition Parse(string text)
    {
        Exposition exposition = new();
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith('#'))
            {
                string[] parts = line.Split(' ', 4);
                (parts[1] == "TYPE" ? exposition.Types : exposition.Help).Add(parts[2], parts[3]);
                continue;
            }
            Match sample = Sample().Match(line);
            Assert.True(sample.Success, line);
            string[] labels = [.. Label().Matches(sample.Groups["labels"].Value).Select(match => match.Value).Order()];
            exposition.Samples.Add(
                labels.Length == 0 ? sample.Groups["name"].Value : $"{sample.Groups["name"].Value}{{{string.Join(',', labels)}}}",
                double.Parse(sample.Groups["value"].Value, CultureInfo.InvariantCulture));
        }
        return exposition;
    }

    /// <summary>The metric that a series belongs to: a histogram's has an ending.</summary>
    public static string Family(string series) => Ending().Replace(series.Split('{')[0], "");

    [GeneratedRegex("(?<=_seconds|_bytes)_(bucket|sum|count)$")]
    private static partial Regex Ending();

    [GeneratedRegex("""^(?<name>[a-z_]+)(\{(?<labels>[^}]*)\})? (?<value>[0-9.eE+-]+)$""")]
    private static partial Regex Sample();

    [GeneratedRegex("""[a-z_]+="[^"]*""" + "\"")]
    private static partial Regex Label();
}
