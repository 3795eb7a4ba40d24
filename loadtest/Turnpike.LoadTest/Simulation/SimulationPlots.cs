using System.Text;
using Turnpike.LoadTest.Plots;

namespace Turnpike.LoadTest.Simulation;

/// <summary>Draws the results: an SVG for each scaler, and a page with all of them that needs nothing else.</summary>
internal static class SimulationPlots
{
    private const string PageStyle =
        "body{font:15px system-ui;margin:2em;max-width:1200px}svg{width:100%;height:auto}pre{overflow:auto}:root{color-scheme:light dark}";

    public static IEnumerable<(string Name, string Text)> Files(SimulateOptions options, IReadOnlyList<(string Name, SimulationTotals Totals)> results)
    {
        double most = results.SelectMany(result => result.Totals.Points).Max(point => Math.Max(point.Paid, point.Least));
        var page = new StringBuilder();
        page.Append("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Turnpike: scaling simulated</title><style>")
            .Append(PageStyle).Append("</style><h1>Scaling simulated</h1><pre>")
            .Append(PlotText.Escape(SimulationTable.Of(options, results))).Append("</pre>");
        foreach ((string name, SimulationTotals totals) in results)
        {
            string plot = Plot(name, totals, most);
            page.Append(plot);
            yield return ($"{FileName(name)}.svg", plot);
        }

        yield return ("index.html", page.Append("</html>\n").ToString());
    }

    private static string Plot(string name, SimulationTotals totals, double most)
    {
        var chart = new LineChart(
            name,
            $"Edges over the simulated days under {name}: paid for, taking calls, and needed were each full. Marks are calls refused.",
            new PlotAxis("time", AxisScale.Time),
            new PlotAxis("edges", Maximum: most),
            [
                PlotSeries.Of("paid for", totals.Points, point => point.Seconds, point => point.Paid, SeriesStyle.Area),
                PlotSeries.Of("calls refused", totals.Points, point => point.Seconds, point => point.Refused, SeriesStyle.Marks),
                PlotSeries.Of("taking calls", totals.Points, point => point.Seconds, point => point.Ready),
                PlotSeries.Of("needed, were each full", totals.Points, point => point.Seconds, point => point.Least),
            ])
        {
            Width = 1200,
            Height = 320,
        };
        return chart.ToSvg();
    }

    private static string FileName(string name) => string.Concat(name.ToLowerInvariant().Where(char.IsAsciiLetterOrDigit));
}
