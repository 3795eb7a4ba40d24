using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Plots;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Reports;

/// <summary>How far a run is, in words: a few lines for a terminal, or one for a log.</summary>
/// <param name="title">Which scenario at which server.</param>
/// <param name="warmupSeconds">Traffic before the measured time.</param>
/// <param name="seconds">The measured time.</param>
internal sealed class RunProgress(string title, double warmupSeconds, double seconds)
{
    private const string Traffic = "traffic";
    private const string Spark = "▁▂▃▄▅▆▇█";
    private const int SparkWidth = 30;
    private const int BarWidth = 24;

    private readonly Queue<double> _delays = new();
    private double _phaseBegan;
    private Interval? _last;
    private long _sent;
    private long _received;
    private long _granted;
    private long _failed;

    public string Phase { get; private set; } = "starting";

    public bool HasInterval => _last is not null;

    private double LossPercent => DirectionResult.PercentLost(_sent, _received);

    /// <param name="what">What is done from now on.</param>
    /// <param name="now">In seconds, as in the other members.</param>
    public void OnPhase(string what, double now) => (Phase, _phaseBegan) = (what, now);

    public void OnInterval(Interval interval)
    {
        _last = interval;
        _sent += interval.Sent;
        _received += interval.Received;
        _granted += interval.AllocatesSucceeded;
        _failed += interval.AllocatesFailed;
        _delays.Enqueue(interval.LatencyP99);
        if (_delays.Count > SparkWidth)
        {
            _delays.Dequeue();
        }
    }

    /// <summary>For a terminal; no line is longer than <paramref name="width"/>.</summary>
    public IReadOnlyList<string> Lines(double now, int width)
    {
        double elapsed = now - _phaseBegan;
        var lines = new List<string> { title };
        if (Phase == Traffic)
        {
            double whole = warmupSeconds + seconds;
            int filled = (int)(BarWidth * Math.Clamp(elapsed / whole, 0, 1));
            string name = elapsed < warmupSeconds ? "warming up" : Traffic;
            lines.Add($"{name,-10} {new string('█', filled)}{new string('░', BarWidth - filled)} {100 * Math.Clamp(elapsed / whole, 0, 1):0} %   {Clock(elapsed)} of {Clock(whole)}, {Clock(Math.Max(0, whole - elapsed))} left");
        }
        else
        {
            lines.Add($"{Phase}, {Clock(elapsed)}");
        }

        if (_last is { } last)
        {
            if (_sent != 0)
            {
                lines.Add($"packets    sent {Rate(last.Sent, last)}/s   received {Rate(last.Received, last)}/s   lost so far {PlotText.Format(LossPercent, "0.###")} %   {last.Allocations} allocations");
                lines.Add($"delay      p50 {Figure.Time(last.LatencyP50)}   p99 {Figure.Time(last.LatencyP99)}   jitter {Figure.Time(last.Jitter)}   p99 {Sparkline()}");
            }

            if (_granted + _failed != 0)
            {
                lines.Add($"Allocates  {Rate(last.AllocatesSucceeded, last)}/s granted   {_granted} granted, {_failed} failed so far");
            }
        }

        return [.. lines.Select(line => PlotText.Shorten(TerminalText.Printable(line), Math.Max(1, width - 1)))];
    }

    /// <summary>For a log.</summary>
    public string Line()
    {
        if (_last is not { } last)
        {
            return TerminalText.Printable($"{title}: {Phase}");
        }

        string churn = _granted + _failed == 0 ? "" : $", Allocates {Rate(last.AllocatesSucceeded, last)}/s, {_failed} failed so far";
        return TerminalText.Printable(
            $"{Clock(last.At)} of {Clock(seconds)}: {last.Allocations} allocations, sent {Rate(last.Sent, last)}/s, received {Rate(last.Received, last)}/s, lost so far {PlotText.Format(LossPercent, "0.###")} %, "
            + $"p50 {Figure.Time(last.LatencyP50)}, p99 {Figure.Time(last.LatencyP99)}, jitter {Figure.Time(last.Jitter)}{churn}");
    }

    /// <summary>1:05, or 2:01:05 where there are hours.</summary>
    internal static string Clock(double time)
    {
        long whole = (long)Math.Max(0, time);
        return whole < 3600 ? $"{whole / 60}:{whole % 60:00}" : $"{whole / 3600}:{whole / 60 % 60:00}:{whole % 60:00}";
    }

    private static string Rate(long count, Interval interval) => PlotText.Readable(interval.Seconds > 0 ? Math.Round(count / interval.Seconds) : 0);

    private string Sparkline()
    {
        double largest = Math.Max(1, _delays.Max());
        return string.Concat(_delays.Select(delay => Spark[(int)Math.Round((Spark.Length - 1) * delay / largest)]));
    }
}
