using System.Globalization;
using System.Text;

namespace Turnpike.LoadTest.Plots;

/// <summary>Text that goes into SVG and HTML: whatever a name has in it, the document stays well-formed and the name stays text.</summary>
internal static class PlotText
{
    private const char Replacement = '\uFFFD';

    /// <summary>Escaped for element content and for attributes in either kind of quotes. What XML cannot hold becomes U+FFFD.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length + 16);
        foreach (Rune rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '"' => escaped.Append("&quot;"),
                '\'' => escaped.Append("&#39;"),
                '\n' or '\t' => escaped.Append((char)rune.Value),
                < ' ' or (>= 0x7F and < 0xA0) or 0xFFFE or 0xFFFF => escaped.Append(Replacement),
                _ => escaped.Append(rune.ToString()),
            };
        }

        return escaped.ToString();
    }

    /// <summary>At most so many characters, the last an ellipsis where it is cut.</summary>
    public static string Shorten(string text, int characters)
    {
        if (text.Length <= characters)
        {
            return text;
        }

        int end = Math.Max(0, characters - 1);
        return string.Concat(text.AsSpan(0, end > 0 && char.IsHighSurrogate(text[end - 1]) ? end - 1 : end), "…");
    }

    /// <summary>A number short enough for an axis: 0.05, 250, 20k, 1.5M.</summary>
    public static string Short(double value) => Math.Abs(value) switch
    {
        >= 1e9 => Format(value / 1e9, "0.###") + "G",
        >= 1e6 => Format(value / 1e6, "0.###") + "M",
        >= 1e4 => Format(value / 1e3, "0.###") + "k",
        _ => Format(value, "0.######"),
    };

    /// <summary>A number as a reader compares it: three or four digits that mean something.</summary>
    public static string Readable(double value) => Math.Abs(value) switch
    {
        0 => "0",
        >= 1000 => Format(value, "#,##0").Replace(',', '\u202F'),
        >= 100 => Format(value, "0"),
        >= 10 => Format(value, "0.0"),
        >= 1 => Format(value, "0.00"),
        >= 0.1 => Format(value, "0.0##"),
        _ => Format(value, "0.0####"),
    };

    public static string Format(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
