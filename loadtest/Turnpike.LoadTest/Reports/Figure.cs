using Turnpike.LoadTest.Plots;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Reports;

internal enum FigureUnit { PerSecond, MegabitsPerSecond, Percent, Microseconds, Count }

/// <summary>One number that a result comes to, which can have a bar and be compared.</summary>
/// <param name="Key">Its name in a bar.</param>
/// <param name="Name">Its name in a text.</param>
/// <param name="Unit">The unit of its value.</param>
/// <param name="HigherIsBetter">Else lower is.</param>
/// <param name="Negligible">A difference that is never worth a word, for figures whose good value is zero or near it.</param>
/// <param name="Of">Its value; null where the run did not measure it.</param>
internal sealed record Figure(
    string Key, string Name, FigureUnit Unit, bool HigherIsBetter, double Negligible, Func<ScenarioResult, double?> Of)
{
    public static readonly Figure Rate =
        new("rate", "packets received", FigureUnit.PerSecond, true, 1, result => Total(result, each => each.PacketsPerSecond));

    public static readonly Figure P99 =
        new("p99", "delay, 99th percentile", FigureUnit.Microseconds, false, 100, result => Worst(result, each => each.LatencyMicroseconds.P99));

    /// <summary>
    /// Every figure, in the order in which they are told. Of delays and jitter it is the worst stream's and direction's: percentiles
    /// of several cannot be merged, and who sets a bar means every stream.
    /// </summary>
    public static readonly IReadOnlyList<Figure> All =
    [
        Rate,
        new("mbps", "payload received", FigureUnit.MegabitsPerSecond, true, 0.01, result => Total(result, each => each.MegabitsPerSecond)),
        new("loss", "packets lost", FigureUnit.Percent, false, 0.01, Loss),
        new("p50", "delay, median", FigureUnit.Microseconds, false, 50, result => Worst(result, each => each.LatencyMicroseconds.P50)),
        P99,
        new("p999", "delay, 99.9th percentile", FigureUnit.Microseconds, false, 200, result => Worst(result, each => each.LatencyMicroseconds.P999)),
        new("jitter", "jitter, mean", FigureUnit.Microseconds, false, 50, result => Worst(result, each => each.JitterMicroseconds.Mean)),
        new("allocates", "Allocates granted", FigureUnit.PerSecond, true, 0.1, result => result.Churn is { } churn && result.Seconds > 0 ? churn.Succeeded / result.Seconds : null),
        new("failed-allocates", "Allocates failed", FigureUnit.Count, false, 0, result => result.Churn?.Failures.Values.Sum()),
        new("allocate-p50", "Allocate, median", FigureUnit.Microseconds, false, 100, result => Granted(result)?.P50),
        new("allocate-p99", "Allocate, 99th percentile", FigureUnit.Microseconds, false, 200, result => Granted(result)?.P99),
        new("call-loss", "packets of calls that come and go, lost", FigureUnit.Percent, false, 0.01, result => Calls(result)?.LossPercent),
        new("call-setup-p50", "Allocate to first answer, median", FigureUnit.Microseconds, false, 100, result => Begun(result)?.P50),
        new("call-setup-p99", "Allocate to first answer, 99th percentile", FigureUnit.Microseconds, false, 200, result => Begun(result)?.P99),
        new("lost-allocations", "allocations lost", FigureUnit.Count, false, 0, result => result.LostAllocations),
        new("highest", "highest rate", FigureUnit.PerSecond, true, 1, result => result.Highest?.PacketsPerSecond),
    ];

    /// <summary>With its unit, a time in the one that suits its size.</summary>
    public string Text(double value) => Unit switch
    {
        FigureUnit.PerSecond => $"{PlotText.Readable(value)}/s",
        FigureUnit.MegabitsPerSecond => $"{PlotText.Readable(value)} Mbit/s",
        FigureUnit.Percent => $"{PlotText.Format(value, "0.####")} %",
        FigureUnit.Microseconds => Time(value),
        _ => PlotText.Format(value, "0.##"),
    };

    /// <summary>A time for people: 45 µs, 1.20 ms, 3.00 s.</summary>
    public static string Time(double microseconds) => microseconds switch
    {
        < 1000 => $"{PlotText.Format(microseconds, "0")} µs",
        < 1e6 => $"{PlotText.Readable(microseconds / 1e3)} ms",
        _ => $"{PlotText.Readable(microseconds / 1e6)} s",
    };

    public static double? Loss(ScenarioResult result)
    {
        long sent = Directions(result).Sum(each => each.Sent);
        return sent == 0 ? null : DirectionResult.PercentLost(sent, Directions(result).Sum(each => each.Received));
    }

    public static IReadOnlyList<DirectionResult> Directions(ScenarioResult result) =>
        [.. result.Streams.SelectMany(stream => new[] { stream.Up, stream.Down }).OfType<DirectionResult>()];

    private static double? Total(ScenarioResult result, Func<DirectionResult, double> figure) =>
        Directions(result) is { Count: > 0 } directions ? directions.Sum(figure) : null;

    /// <summary>None where a direction is silent: the delay of what never comes is worse than any.</summary>
    private static double? Worst(ScenarioResult result, Func<DirectionResult, double> figure) =>
        Directions(result).Any(each => each.IsSilent) ? null : Directions(result).Where(each => each.Received > 0).Max(each => (double?)figure(each));

    private static ChurnPacketsResult? Calls(ScenarioResult result) => result.Churn?.Packets is { Sent: > 0 } packets ? packets : null;

    private static LatencyResult? Begun(ScenarioResult result) => Calls(result) is { Answered: > 0 } packets ? packets.FirstAnswerMicroseconds : null;

    private static LatencyResult? Granted(ScenarioResult result) =>
        result.Churn is { Succeeded: > 0 } churn ? churn.LatencyMicroseconds : null;
}
