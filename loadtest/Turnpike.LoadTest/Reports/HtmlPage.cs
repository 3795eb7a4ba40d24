using System.Text;
using Turnpike.LoadTest.Plots;

namespace Turnpike.LoadTest.Reports;

/// <summary>
/// One page of HTML that needs nothing else: no script, nothing from a network. Whatever is given as text is escaped; only what is
/// named markup (plots, and what this class wrote itself) is not.
/// </summary>
internal sealed class HtmlPage
{
    private const string Style =
        """
        :root{color-scheme:light dark;--text:#1c1e21;--soft:#5b6068;--back:#fff;--card:#f5f6f8;--line:#dcdfe4;--good:#0b6b3a;--goodback:#e3f4ea;--bad:#a3160b;--badback:#fde8e6;--warn:#7a4b00;--warnback:#fff2d6}
        @media screen and (prefers-color-scheme:dark){:root{--text:#e6e7ea;--soft:#a0a5ae;--back:#16181d;--card:#20242b;--line:#363b45;--good:#6fe0a3;--goodback:#12331f;--bad:#ff9a90;--badback:#43150f;--warn:#ffd07a;--warnback:#3d2c07}}
        body{font:16px/1.5 system-ui,sans-serif;color:var(--text);background:var(--back);max-width:1080px;margin:2rem auto;padding:0 1.25rem}
        h1{font-size:1.6rem;line-height:1.25;margin:0;overflow-wrap:anywhere}h2{font-size:1.2rem;margin:2.2rem 0 .6rem}.soft{color:var(--soft)}p{margin:.5rem 0;overflow-wrap:anywhere}
        .banner{border-left:6px solid;border-radius:4px;padding:.7rem 1rem;margin:1rem 0}.banner strong{font-size:1.15rem}.banner ul{margin:.3rem 0;padding-left:1.2rem}
        .good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}.banner.good{background:var(--goodback)}.banner.bad{background:var(--badback)}.banner.warn{background:var(--warnback)}
        .cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(11.5rem,1fr));gap:.7rem;padding:0;margin:0}
        .cards div{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.6rem .8rem}.cards dt{color:var(--soft);font-size:.85rem}.cards dd{margin:0;font-size:1.35rem;font-weight:600}
        .scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;padding:.35rem .5rem;border-bottom:1px solid var(--line);vertical-align:top}th{color:var(--soft);font-weight:600}
        td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}svg{width:100%;height:auto;display:block;margin:.8rem 0;border:1px solid var(--line);border-radius:6px}
        code{font:.9em ui-monospace,monospace;background:var(--card);padding:.1em .3em;border-radius:3px;overflow-wrap:anywhere}dl.notes dt{font-weight:600;margin-top:.6rem}dl.notes dd{margin:0}
        @media print{body{margin:0;max-width:none;font-size:11pt}svg,tr,.cards div,.banner{break-inside:avoid}h2{break-after:avoid}.scroll{overflow:visible}}
        """;

    private readonly StringBuilder _text = new();

    public HtmlPage(string title)
    {
        _text.Append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
            .Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';style-src 'unsafe-inline'\">\n<title>")
            .Append(PlotText.Escape(title)).Append("</title>\n<style>\n").Append(Style.ReplaceLineEndings("\n")).Append("\n</style></head><body>\n");
        Element("h1", title);
    }

    public void Heading(string text) => Element("h2", text);

    public void Paragraph(string text, string style = "") => Element("p", text, style);

    /// <summary>The first thing to see: a word on how it went, and the sentences behind it.</summary>
    /// <param name="style">good, bad or warn; the word says it too.</param>
    /// <param name="word">How it went.</param>
    /// <param name="sentences">Why.</param>
    public void Banner(string style, string word, IReadOnlyCollection<string> sentences)
    {
        _text.Append("<div class=\"banner ").Append(style).Append("\" role=\"status\"><strong>").Append(PlotText.Escape(word)).Append("</strong>");
        if (sentences.Count != 0)
        {
            _text.Append("<ul>");
            foreach (string sentence in sentences)
            {
                Element("li", sentence);
            }

            _text.Append("</ul>");
        }

        _text.Append("</div>\n");
    }

    public void Cards(IEnumerable<(string Name, string Value)> cards)
    {
        _text.Append("<dl class=\"cards\">");
        foreach ((string name, string value) in cards)
        {
            _text.Append("<div>");
            Element("dt", name);
            Element("dd", value);
            _text.Append("</div>");
        }

        _text.Append("</dl>\n");
    }

    public void Notes(IEnumerable<(string Name, string Text)> notes)
    {
        _text.Append("<dl class=\"notes\">");
        foreach ((string name, string text) in notes)
        {
            Element("dt", name);
            Element("dd", text);
        }

        _text.Append("</dl>\n");
    }

    /// <param name="columns">The head; one that ends with a bar character has numbers.</param>
    /// <param name="rows">As many cells as columns.</param>
    public void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<HtmlCell>> rows)
    {
        _text.Append("<div class=\"scroll\"><table><thead><tr>");
        foreach (string column in columns)
        {
            Element("th", column.TrimEnd('|'), column.EndsWith('|') ? "number" : "");
        }

        _text.Append("</tr></thead><tbody>\n");
        foreach (IReadOnlyList<HtmlCell> row in rows)
        {
            _text.Append("<tr>");
            for (int i = 0; i < row.Count; i++)
            {
                Element("td", row[i].Text, $"{(columns[i].EndsWith('|') ? "number" : "")} {row[i].Style}".Trim());
            }

            _text.Append("</tr>\n");
        }

        _text.Append("</tbody></table></div>\n");
    }

    /// <summary>Markup as it is.</summary>
    public void Plot(LineChart chart) => _text.Append(chart.ToSvg());

    public void Code(string label, string text)
    {
        _text.Append("<p>").Append(PlotText.Escape(label)).Append(": ");
        Element("code", text);
        _text.Append("</p>\n");
    }

    /// <summary>The finished page.</summary>
    public override string ToString() => _text + "</body></html>\n";

    private void Element(string name, string text, string style = "") =>
        _text.Append('<').Append(name).Append(style.Length == 0 ? "" : $" class=\"{style}\"").Append('>').Append(PlotText.Escape(text)).Append("</").Append(name).Append(">\n");
}

/// <summary>A cell's text, and good, bad or warn where it is one of these.</summary>
internal readonly record struct HtmlCell(string Text, string Style = "")
{
    public static implicit operator HtmlCell(string text) => new(text);
}
