using Turnpike.LoadTest.Plots;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Reports;

/// <summary>The plots of one run over its measured time, and of a search for the highest rate.</summary>
internal static class ScenarioPlots
{
    public static readonly PlotAxis Time = new("measured time", AxisScale.Time);
    public static readonly PlotAxis Delay = new("ms, logarithmic", AxisScale.Log);

    /// <summary>A tenth of a percent fills the plot where it is the most, and less does not look like much.</summary>
    public static readonly PlotAxis Lost = new("%", Maximum: 0.1);

    public static IEnumerable<LineChart> OverTime(ScenarioResult result)
    {
        IReadOnlyList<Interval> timeline = result.Timeline;
        if (result.Streams.Count != 0)
        {
            yield return new LineChart(
                "Packets a second, sent and received",
                "Packets sent and received a second over the measured time, all streams and directions together.",
                Time,
                new PlotAxis("packets/s"),
                [Of("sent", timeline, SentRate, SeriesStyle.Area), Of("received", timeline, ReceivedRate)]);
            yield return new LineChart(
                "Packets lost", "The share of the packets due in each interval that never arrived.", Time, Lost, [Of("lost", timeline, Loss)]);
            yield return new LineChart(
                "Delay, from when a packet was due to its arrival",
                "Percentiles of the delay in each interval, on a logarithmic axis.",
                Time,
                Delay,
                [Of("median", timeline, each => each.LatencyP50 / 1e3), Of("p99", timeline, each => each.LatencyP99 / 1e3), Of("p99.9", timeline, each => each.LatencyP999 / 1e3)]);
            yield return new LineChart(
                "Jitter", "The interarrival jitter of the flows, mean over the packets of each interval.", Time, new PlotAxis("ms"), [Of("jitter", timeline, Jitter)]);
        }

        yield return new LineChart(
            "Allocations in use", "Allocations that were in use at the end of each interval.", Time, new PlotAxis("allocations"), [Of("in use", timeline, each => each.Allocations)]);
        if (result.Churn is not null)
        {
            yield return new LineChart(
                "Allocates a second",
                "Allocates begun, granted and failed a second over the measured time.",
                Time,
                new PlotAxis("Allocates/s"),
                [Of("begun", timeline, each => Rate(each.AllocatesStarted, each), SeriesStyle.Area), Of("granted", timeline, GrantedRate), Of("failed", timeline, each => Rate(each.AllocatesFailed, each))]);
        }
    }

    public static IEnumerable<LineChart> OfSearch(HighestRate highest)
    {
        RateStep[] steps = [.. highest.Steps.OrderBy(step => step.OfferedPacketsPerSecond)];
        var offered = new PlotAxis("packets/s offered");
        yield return new LineChart(
            "Loss by offered rate",
            "The share of packets lost at each rate that was tried, and the loss that counts as too much.",
            offered,
            new PlotAxis("% lost"),
            [PlotSeries.Of("lost", steps, step => step.OfferedPacketsPerSecond, step => step.LossPercent)])
        {
            Limits = [new PlotLimit(highest.ToleratedLossPercent, $"tolerated: {PlotText.Readable(highest.ToleratedLossPercent)} %")],
        };
        yield return new LineChart(
            "Delay by offered rate",
            "The 99th percentile of the delay at each rate that was tried, on a logarithmic axis.",
            offered,
            Delay,
            [PlotSeries.Of("p99", steps, step => step.OfferedPacketsPerSecond, step => step.LatencyP99Microseconds / 1e3)]);
    }

    public static PlotSeries Of(string name, IEnumerable<Interval> timeline, Func<Interval, double> value, SeriesStyle style = SeriesStyle.Line) =>
        PlotSeries.Of(name, timeline, each => each.At, value, style);

    public static double ReceivedRate(Interval interval) => Rate(interval.Received, interval);

    public static double GrantedRate(Interval interval) => Rate(interval.AllocatesSucceeded, interval);

    public static double Loss(Interval interval) => interval.Sent == 0 ? double.NaN : DirectionResult.PercentLost(interval.Sent, interval.Received);

    /// <summary>Where nothing arrived there is none.</summary>
    public static double Jitter(Interval interval) => interval.Received == 0 ? double.NaN : interval.Jitter / 1e3;

    private static double SentRate(Interval interval) => Rate(interval.Sent, interval);

    private static double Rate(long count, Interval interval) => interval.Seconds > 0 ? count / interval.Seconds : double.NaN;
}
