using System.Globalization;
using System.Text;
using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest.Reports;

/// <summary>A comparison for a terminal: columns that line up.</summary>
internal static class ComparisonText
{
    public static string Of(Comparison comparison)
    {
        var rows = new List<string[]> { (string[])["", .. comparison.Runs.Select(run => TerminalText.Excerpt(run.Name)).SelectMany((name, i) => i == 0 ? [name] : new[] { name, "ratio", "" })] };
        rows.AddRange(comparison.Figures.Select(row => (string[])
        [
            row.Figure.Name,
            .. row.Values.SelectMany((value, i) => i == 0
                ? [Comparison.TextOf(row, i)]
                : new[] { Comparison.TextOf(row, i), RatioText(value), Word(value.Change) }),
        ]));
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        var text = new StringBuilder();
        foreach (string[] row in rows)
        {
            // Numbers line up on the right, words on the left.
            IEnumerable<string> cells = row.Select((cell, column) => rows[0][column].Length == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]));
            text.AppendLine(string.Join("  ", cells).TrimEnd());
        }

        foreach (string warning in comparison.Warnings)
        {
            text.Append("warning: ").AppendLine(TerminalText.Printable(warning));
        }

        return text.ToString();
    }

    public static string RatioText(ComparedValue value) =>
        value.Ratio is double ratio ? ratio.ToString(ratio < 10 ? "0.00" : "0.#", CultureInfo.InvariantCulture) : "";

    public static string Word(Change change) => change switch
    {
        Change.Better => "better",
        Change.Worse => "worse",
        Change.Missing => "no data",
        Change.Same => "same",
        _ => "",
    };
}
