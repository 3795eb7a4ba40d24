using System.Globalization;
using Turnpike.LoadTest.Plots;

namespace Turnpike.LoadTest.CommandLine;

/// <summary>Text from elsewhere on a terminal: it neither moves the cursor nor turns what stands beside it around.</summary>
internal static class TerminalText
{
    private const int Longest = 200;

    public static string Printable(string text) => string.Concat(text.Select(each => IsPrintable(each) ? each : '?'));

    /// <summary>The same, at most 200 characters of it.</summary>
    public static string Excerpt(string text) => PlotText.Shorten(Printable(text), Longest);

    private static bool IsPrintable(char each) => !char.IsControl(each)
        && char.GetUnicodeCategory(each) is not (UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
