using System.Globalization;
using System.Text;

namespace Turnpike.LoadTest.Plots;

/// <summary>
/// Writes one SVG. It needs nothing outside itself, reads well on white, on black and on paper, and says to a screen reader what it
/// shows. Colours are the ones of Okabe and Ito, which colour-blind readers tell apart; lines differ in their dashes too.
/// </summary>
internal sealed class SvgWriter
{
    /// <summary>Colours repeat after so many.</summary>
    public const int Colours = 6;

    private const string Style =
        """
        .tp{font:12px system-ui,sans-serif}.tp text{fill:#444}.tp .name{font-size:15px;font-weight:600;fill:#111}.tp .back{fill:#fff}
        .tp .grid{stroke:#e2e2e2}.tp .axis{stroke:#888}.tp .limit{stroke:#c00000;stroke-dasharray:6 4;fill:none}.tp text.limit{fill:#c00000;stroke:none}
        .tp .range{stroke:#222;fill:none}.tp .line{fill:none;stroke-width:1.6;stroke-linejoin:round}.tp .area{fill-opacity:.35;stroke:none}.tp .dot,.tp .bar{stroke:none}
        .tp .c0{fill:#0072b2;stroke:#0072b2}.tp .c1{fill:#d55e00;stroke:#d55e00}.tp .c2{fill:#009e73;stroke:#009e73}
        .tp .c3{fill:#b07c00;stroke:#b07c00}.tp .c4{fill:#a8508a;stroke:#a8508a}.tp .c5{fill:#555;stroke:#555}
        .tp .d1.line{stroke-dasharray:8 3}.tp .d2.line{stroke-dasharray:2 3}.tp .d3.line{stroke-dasharray:9 3 2 3}.tp .d4.line{stroke-dasharray:14 4}.tp .d5.line{stroke-dasharray:5 5}
        .tp .line{fill:none}.tp .area,.tp .dot,.tp .bar{stroke:none}
        @media screen and (prefers-color-scheme:dark){
        .tp text{fill:#c4c7cc}.tp .name{fill:#f2f2f2}.tp .back{fill:#16181d}.tp .grid{stroke:#30343c}.tp .axis{stroke:#808690}
        .tp .limit{stroke:#ff7b72}.tp text.limit{fill:#ff7b72}.tp .range{stroke:#f2f2f2}
        .tp .c0{fill:#56b4e9;stroke:#56b4e9}.tp .c1{fill:#ff8f3f;stroke:#ff8f3f}.tp .c2{fill:#2fc99a;stroke:#2fc99a}
        .tp .c3{fill:#f0d04a;stroke:#f0d04a}.tp .c4{fill:#e79cc8;stroke:#e79cc8}.tp .c5{fill:#bbb;stroke:#bbb}
        .tp .line{fill:none}.tp .area,.tp .dot,.tp .bar{stroke:none}}
        """;

    private readonly StringBuilder _text = new();

    public SvgWriter(double width, double height, string title, string description)
    {
        Add($"""<svg xmlns="http://www.w3.org/2000/svg" class="tp" viewBox="0 0 {width:0.##} {height:0.##}" role="img" aria-label="{PlotText.Escape(title)}">""");
        Add($"<title>{PlotText.Escape(title)}</title><desc>{PlotText.Escape(description)}</desc>");
        _text.Append("<style>").Append(Style.ReplaceLineEndings("\n")).Append("</style>\n");
        Add($"""<rect class="back" width="{width:0.##}" height="{height:0.##}"/>""");
    }

    public static string Colour(int series) => $"c{series % Colours}";

    /// <summary>The dashes of the so-many-th line of a plot; the first has none.</summary>
    public static string Dashes(int line) => $"d{line % Colours}";

    public void Line(double x1, double y1, double x2, double y2, string style) =>
        Add($"""<line class="{style}" x1="{x1:0.##}" y1="{y1:0.##}" x2="{x2:0.##}" y2="{y2:0.##}"/>""");

    /// <param name="x">The text's beginning, middle or end.</param>
    /// <param name="y">Its base line.</param>
    /// <param name="text">Any text.</param>
    /// <param name="anchor">Which of the three <paramref name="x"/> is: start, middle or end.</param>
    /// <param name="style">The class.</param>
    /// <param name="turned">Read from below.</param>
    public void Text(double x, double y, string text, string anchor = "start", string style = "label", bool turned = false)
    {
        string turn = turned ? string.Create(CultureInfo.InvariantCulture, $" transform=\"rotate(-90 {x:0.##} {y:0.##})\"") : "";
        Add($"""<text class="{style}" x="{x:0.##}" y="{y:0.##}" text-anchor="{anchor}"{turn}>{PlotText.Escape(text)}</text>""");
    }

    public void Rectangle(double x, double y, double width, double height, string style, string? tooltip = null) =>
        Shape($"""rect class="{style}" x="{x:0.##}" y="{y:0.##}" width="{width:0.##}" height="{height:0.##}" """, tooltip);

    public void Dot(double x, double y, double radius, string style, string? tooltip = null) =>
        Shape($"""circle class="{style}" cx="{x:0.##}" cy="{y:0.##}" r="{radius:0.##}" """, tooltip);

    public void Path(IEnumerable<PlotPoint> points, string style, bool closed = false)
    {
        _text.Append("<path class=\"").Append(style).Append("\" d=\"");
        char command = 'M';
        foreach (PlotPoint point in points)
        {
            _text.Append(CultureInfo.InvariantCulture, $"{command}{point.X:0.##},{point.Y:0.##}");
            command = 'L';
        }

        _text.Append(closed ? "Z" : "").Append("\"/>\n");
    }

    /// <summary>The finished document.</summary>
    public override string ToString() => _text + "</svg>\n";

    private void Shape(FormattableString element, string? tooltip)
    {
        string start = element.ToString(CultureInfo.InvariantCulture).TrimEnd();
        _text.Append('<').Append(start).Append(tooltip is null ? "/>\n" : $"><title>{PlotText.Escape(tooltip)}</title></{start[..start.IndexOf(' ', StringComparison.Ordinal)]}>\n");
    }

    private void Add(FormattableString text) => _text.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
