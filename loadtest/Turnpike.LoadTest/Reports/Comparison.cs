using System.Globalization;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Reports;

/// <summary>A run and what it is called in a comparison.</summary>
internal sealed record ComparedRun(string Name, ScenarioResult Result);

internal enum Change
{
    /// <summary>Within the tolerance, or too little to be worth a word.</summary>
    Same,
    Better,
    Worse,

    /// <summary>The first run has the figure and this one does not.</summary>
    Missing,

    /// <summary>The first run does not have it.</summary>
    Unknown,
}

/// <summary>One figure of one run beside the first run's.</summary>
/// <param name="Value">Null where the run has none.</param>
/// <param name="Ratio">To the first run's; null where that is zero or either has none.</param>
/// <param name="Change">What that means.</param>
internal readonly record struct ComparedValue(double? Value, double? Ratio, Change Change);

/// <summary>One figure of all runs, the first run's first.</summary>
internal sealed record ComparedFigure(Figure Figure, IReadOnlyList<ComparedValue> Values);

/// <summary>Runs beside each other.</summary>
/// <param name="Runs">The first is what the others are compared with.</param>
/// <param name="Figures">Those that at least one run has.</param>
/// <param name="Warnings">Why a comparison may say nothing.</param>
internal sealed record Comparison(IReadOnlyList<ComparedRun> Runs, IReadOnlyList<ComparedFigure> Figures, IReadOnlyList<string> Warnings)
{
    public static Comparison Of(IReadOnlyList<ComparedRun> runs, double tolerancePercent)
    {
        IEnumerable<ComparedFigure> figures = Figure.All
            .Select(figure => (Figure: figure, Values: runs.Select(run => figure.Of(run.Result)).ToArray()))
            .Where(row => row.Values.Any(value => value is not null))
            .Select(row => new ComparedFigure(row.Figure, [.. row.Values.Select(value => Compare(row.Figure, row.Values[0], value, tolerancePercent))]));
        return new Comparison(runs, [.. figures], [.. WarningsOf(runs)]);
    }

    /// <summary>A sentence for each figure that is worse than the first run's by more than so many percent, or gone.</summary>
    public IEnumerable<string> Regressions(double percent) =>
        from row in Figures
        from run in Enumerable.Range(1, Runs.Count - 1)
        let change = Compare(row.Figure, row.Values[0].Value, row.Values[run].Value, percent).Change
        where change is Change.Worse or Change.Missing
        select change == Change.Missing
            ? $"{Runs[run].Name}: no {row.Figure.Name}, which {Runs[0].Name} has"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{Runs[run].Name}: {row.Figure.Name} {TextOf(row, run)}, {row.Figure.Text(row.Values[0].Value!.Value)} in {Runs[0].Name}: worse by more than {percent:0.##} %");

    public static string TextOf(ComparedFigure row, int run) => row.Values[run].Value is double value ? row.Figure.Text(value) : "no data";

    public static ComparedValue Compare(Figure figure, double? first, double? value, double tolerancePercent)
    {
        if (first is not double before || value is not double after)
        {
            return new ComparedValue(value, null, first is not null && value is null ? Change.Missing : Change.Unknown);
        }

        double difference = Math.Abs(after - before);
        double? ratio = before > 0 ? after / before : null;
        return difference <= figure.Negligible || difference <= before * tolerancePercent / 100
            ? new ComparedValue(value, ratio, Change.Same)
            : new ComparedValue(value, ratio, after > before == figure.HigherIsBetter ? Change.Better : Change.Worse);
    }

    private static IEnumerable<string> WarningsOf(IReadOnlyList<ComparedRun> runs)
    {
        ComparedRun first = runs[0];
        foreach (ComparedRun run in runs)
        {
            ScenarioResult result = run.Result;
            foreach ((string what, Func<ScenarioResult, string> of) in Conditions)
            {
                if (of(result) != of(first.Result))
                {
                    yield return $"{run.Name} has another {what} than {first.Name}: {TerminalText.Excerpt(of(result))} instead of {TerminalText.Excerpt(of(first.Result))}.";
                }
            }

            if (Verdict.GeneratorWarnings(result.Generator).Count != 0)
            {
                yield return $"{run.Name}: the generator was late or lost packets itself, so its figures are not the server's alone.";
            }

            if (result.Interrupted)
            {
                yield return $"{run.Name} was interrupted before its end.";
            }
        }
    }

    /// <summary>What has to be the same for two runs to be comparable.</summary>
    private static readonly (string What, Func<ScenarioResult, string> Of)[] Conditions =
    [
        ("scenario", result => result.Scenario),
        ("transport", result => result.Transport),
        ("framing", result => result.Framing),
        ("load", Load),
        ("pacing", result => result.Pacing.ToString().ToLowerInvariant()),
        ("time", result => string.Create(CultureInfo.InvariantCulture, $"{result.Seconds:0.#} s after {result.WarmupSeconds:0.#} s of warm-up")),
    ];

    private static string Load(ScenarioResult result)
    {
        IEnumerable<string> streams = result.Streams.Select(stream => string.Create(
            CultureInfo.InvariantCulture,
            $"{stream.Name} {stream.Allocations} × {stream.PayloadBytes} B{(stream.Burst > 1 ? $" × {stream.Burst}" : "")} at {stream.OfferedPacketsPerSecond:0}/s {stream.Direction.ToString().ToLowerInvariant()}"));
        return string.Join(" + ", result.Churn is { } churn
            ? streams.Append(string.Create(
                CultureInfo.InvariantCulture,
                $"{churn.OfferedPerSecond:0.##} Allocates/s held for {churn.HoldSeconds:0.##} s with {churn.Packets?.Each ?? 0} packets"))
            : streams);
    }
}
