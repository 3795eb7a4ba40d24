using System.Globalization;
using System.Text;
using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest.Simulation;

/// <summary>Draws the results: an SVG for each scaler, and a page with all of them that needs nothing else.</summary>
internal static class SimulationPlots
{
    private const double Width = 1200;
    private const double Height = 300;
    private const double Left = 60;
    private const double Bottom = 30;
    private const double Top = 34;

    public static void Write(string folder, SimulateOptions options, IReadOnlyList<(string Name, SimulationTotals Totals)> results)
    {
        try
        {
            Directory.CreateDirectory(folder);
            double most = results.SelectMany(result => result.Totals.Points).Max(point => Math.Max(point.Paid, point.Least));
            var page = new StringBuilder();
            page.Append("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Turnpike: scaling simulated</title>")
                .Append("<style>body{font:15px system-ui;margin:2em;max-width:1200px}svg{width:100%;height:auto}pre{overflow:auto}</style>")
                .Append("<h1>Scaling simulated</h1><pre>").Append(SimulationTable.Of(options, results)).Append("</pre>");
            foreach ((string name, SimulationTotals totals) in results)
            {
                string plot = Plot(name, totals, most);
                File.WriteAllText(Path.Combine(folder, $"{FileName(name)}.svg"), plot);
                page.Append(plot);
            }
            File.WriteAllText(Path.Combine(folder, "index.html"), page.Append("</html>\n").ToString());
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--output: {problem.Message}");
        }
    }

    private static string Plot(string name, SimulationTotals totals, double most)
    {
        List<SimulationPoint> points = totals.Points;
        double last = Math.Max(1, points[^1].Seconds);
        var svg = new StringBuilder();
        Add(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"system-ui\" font-size=\"12\">");
        Add(svg, $"<rect width=\"{Width}\" height=\"{Height}\" fill=\"white\"/><text x=\"{Left}\" y=\"18\" font-size=\"15\" font-weight=\"bold\">{name}</text>");
        Add(svg, $"<text x=\"{Width - 10}\" y=\"18\" text-anchor=\"end\"><tspan fill=\"#9ecae1\">■</tspan> paid for   <tspan fill=\"#08519c\">■</tspan> taking calls   <tspan fill=\"#e6550d\">■</tspan> needed, were each full   <tspan fill=\"#de2d26\">▮</tspan> calls refused</text>");
        for (double day = 0; day * 86_400 <= last; day++)
        {
            Add(svg, $"<line x1=\"{X(day * 86_400):0.#}\" x2=\"{X(day * 86_400):0.#}\" y1=\"{Top}\" y2=\"{Height - Bottom}\" stroke=\"#ddd\"/><text x=\"{X(day * 86_400) + 3:0.#}\" y=\"{Height - 10}\" fill=\"#666\">day {day + 1:0}</text>");
        }
        for (int i = 0; i <= 4; i++)
        {
            double edges = most * i / 4;
            Add(svg, $"<line x1=\"{Left}\" x2=\"{Width - 10}\" y1=\"{Y(edges):0.#}\" y2=\"{Y(edges):0.#}\" stroke=\"#eee\"/><text x=\"{Left - 6}\" y=\"{Y(edges) + 4:0.#}\" text-anchor=\"end\" fill=\"#666\">{edges:0}</text>");
        }
        Add(svg, $"<path d=\"M{X(points[0].Seconds):0.#},{Y(0):0.#}{Path(point => point.Paid, 'L')}L{X(last):0.#},{Y(0):0.#}Z\" fill=\"#9ecae1\"/>");
        Add(svg, $"<path d=\"{Path(point => point.Ready, 'M')}\" fill=\"none\" stroke=\"#08519c\" stroke-width=\"1.2\"/>");
        Add(svg, $"<path d=\"{Path(point => point.Least, 'M')}\" fill=\"none\" stroke=\"#e6550d\" stroke-width=\"1.2\"/>");
        double worst = points.Max(point => point.Refused);
        foreach (SimulationPoint point in points.Where(point => point.Refused > 0))
        {
            // Even one shows.
            Add(svg, $"<rect x=\"{X(point.Seconds) - 1:0.#}\" y=\"{Top}\" width=\"2\" height=\"{6 + (40 * point.Refused / worst):0.#}\" fill=\"#de2d26\"/>");
        }
        return svg.Append("</svg>\n").ToString();

        double X(double seconds) => Left + ((Width - Left - 10) * seconds / last);

        double Y(double edges) => Height - Bottom - ((Height - Bottom - Top) * edges / Math.Max(1, most));

        string Path(Func<SimulationPoint, double> value, char first) => string.Concat(points.Select((point, index) => string.Create(
            CultureInfo.InvariantCulture, $"{(index == 0 ? first : 'L')}{X(point.Seconds):0.#},{Y(value(point)):0.#}")));
    }

    private static string FileName(string name) => string.Concat(name.ToLowerInvariant().Where(char.IsAsciiLetterOrDigit));

    private static void Add(StringBuilder svg, FormattableString text) => svg.AppendLine(text.ToString(CultureInfo.InvariantCulture));
}
