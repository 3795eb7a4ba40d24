using System.Globalization;
using Turnpike.LoadTest.Plots;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Reports;

/// <summary>A comparison as one HTML page: the table, and the runs' plots over each other.</summary>
internal static class ComparisonReport
{
    public static string Of(Comparison comparison, double tolerancePercent, IReadOnlyList<string> regressions, ReportOrigin origin)
    {
        IReadOnlyList<ComparedRun> runs = comparison.Runs;
        var page = new HtmlPage($"{string.Join(", ", runs.Skip(1).Select(run => run.Name))} compared with {runs[0].Name}");
        int worse = comparison.Figures.Sum(row => row.Values.Count(value => value.Change is Change.Worse or Change.Missing));
        if (regressions.Count != 0)
        {
            page.Banner("bad", "Failed", regressions);
        }
        else
        {
            page.Banner(
                worse == 0 ? "good" : "warn",
                worse == 0 ? "Nothing is worse" : "Some figures are worse or missing",
                [string.Create(CultureInfo.InvariantCulture, $"Differences up to {tolerancePercent:0.##} % count as the same.")]);
        }

        if (comparison.Warnings.Count != 0)
        {
            page.Banner("warn", "These runs are not alike", comparison.Warnings);
        }

        page.Heading("Figures");
        page.Table(
            ["figure", .. runs.SelectMany((run, i) => i == 0 ? [$"{run.Name}|"] : new[] { $"{run.Name}|", "ratio|", "which is" })],
            comparison.Figures.Select(row => (HtmlCell[])
            [
                row.Figure.Name,
                .. row.Values.SelectMany((value, i) => i == 0
                    ? [Comparison.TextOf(row, i)]
                    : new HtmlCell[] { Comparison.TextOf(row, i), ComparisonText.RatioText(value), new(ComparisonText.Word(value.Change), Style(value.Change)) }),
            ]));
        page.Heading("Over time");
        foreach (LineChart chart in Charts(runs))
        {
            page.Plot(chart);
        }

        page.Heading("The runs");
        page.Table(
            ["run", "scenario", "server", "how", "when", "measured|"],
            runs.Select(run => new HtmlCell[]
            {
                run.Name,
                run.Result.Scenario,
                run.Result.Server,
                ScenarioReport.Describe(run.Result),
                run.Result.StartedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC",
                string.Create(CultureInfo.InvariantCulture, $"{run.Result.Seconds:0.#} s"),
            }));
        page.Heading("How to read this");
        page.Notes(
        [
            ("Ratio", $"The run's figure divided by that of {runs[0].Name}. Whether more is better depends on the figure: of packets received it is, of loss and delay it is not."),
            ("Same", "The difference is within the tolerance, or so small that it means nothing (of loss 0.01 percentage points, of delays less than 0.2 ms)."),
            ("Noise", "Two runs of the same server differ too. Repeat both before you believe a difference, and let nothing else run on the machines."),
            .. ReportNotes.Of(runs[0].Result),
        ]);
        page.Code("Command", origin.Command);
        return page.ToString();
    }

    private static IEnumerable<LineChart> Charts(IReadOnlyList<ComparedRun> runs)
    {
        if (runs.Any(run => run.Result.Streams.Count != 0))
        {
            yield return Chart("Packets received a second", new PlotAxis("packets/s"), ScenarioPlots.ReceivedRate);
            yield return Chart("Packets lost", ScenarioPlots.Lost, ScenarioPlots.Loss);
            yield return Chart("Delay, median", ScenarioPlots.Delay, interval => interval.LatencyP50 / 1e3);
            yield return Chart("Delay, 99th percentile", ScenarioPlots.Delay, interval => interval.LatencyP99 / 1e3);
            yield return Chart("Jitter", new PlotAxis("ms"), ScenarioPlots.Jitter);
        }

        if (runs.Any(run => run.Result.Churn is not null))
        {
            yield return Chart("Allocates granted a second", new PlotAxis("Allocates/s"), ScenarioPlots.GrantedRate);
        }

        if (runs.Any(run => run.Result.Highest is not null))
        {
            yield return new LineChart(
                "Loss by offered rate",
                "The share of packets lost at each rate that was tried, run by run.",
                new PlotAxis("packets/s offered"),
                new PlotAxis("% lost"),
                [
                    .. runs.Select(run => PlotSeries.Of(
                        run.Name, (run.Result.Highest?.Steps ?? []).OrderBy(step => step.OfferedPacketsPerSecond), step => step.OfferedPacketsPerSecond, step => step.LossPercent)),
                ]);
        }

        LineChart Chart(string title, PlotAxis y, Func<Interval, double> value) => new(
            title, $"{title} over the measured time, run by run.", ScenarioPlots.Time, y, [.. runs.Select(run => ScenarioPlots.Of(run.Name, run.Result.Timeline, value))]);
    }

    private static string Style(Change change) => change switch
    {
        Change.Better => "good",
        Change.Worse or Change.Missing => "bad",
        _ => "",
    };
}
