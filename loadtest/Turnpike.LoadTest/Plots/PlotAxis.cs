namespace Turnpike.LoadTest.Plots;

internal enum AxisScale
{
    /// <summary>From zero, or from the lowest value where that is negative.</summary>
    Linear,

    /// <summary>Whole decades. Zero and less has no place on it.</summary>
    Log,

    /// <summary>Seconds, labelled in seconds, minutes, hours or days.</summary>
    Time,
}

/// <summary>How an axis is labelled and scaled.</summary>
/// <param name="Label">What is counted, with its unit.</param>
/// <param name="Scale">How values are spread over it.</param>
/// <param name="Maximum">At least this much is shown, so that plots beside each other can be compared.</param>
internal sealed record PlotAxis(string Label, AxisScale Scale = AxisScale.Linear, double? Maximum = null);

internal readonly record struct AxisTick(double Value, string Label);

/// <summary>The part of an axis that the values need: where a value lies, and where the ticks are.</summary>
internal sealed class AxisRange
{
    private const int Intervals = 5;
    private const int TimeIntervals = 8;
    private const int LabelledDecades = 7;
    private const double Largest = 1e18;
    private const double Day = 86_400;

    private static readonly double[] TimeSteps =
    [
        0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, Day, 2 * Day, 7 * Day, 14 * Day, 30 * Day,
    ];

    private readonly AxisScale _scale;
    private readonly double _minimum;
    private readonly double _maximum;

    private AxisRange(AxisScale scale, double minimum, double maximum, IReadOnlyList<AxisTick> ticks) =>
        (_scale, _minimum, _maximum, Ticks) = (scale, minimum, maximum, ticks);

    public IReadOnlyList<AxisTick> Ticks { get; }

    public static AxisRange Of(PlotAxis axis, IEnumerable<double> values)
    {
        double[] shown = [.. values.Append(axis.Maximum ?? double.NaN).Where(value => Shows(axis.Scale, value))];
        (double least, double most) = shown.Length == 0 ? (0, 0) : (shown.Min(), shown.Max());
        return axis.Scale switch
        {
            AxisScale.Log => Log(least, most),
            AxisScale.Time => Time(most),
            _ => Linear(Math.Min(0, least), Math.Max(0, most)),
        };
    }

    /// <summary>Whether the value has a place on such an axis; what is infinite or no number has none.</summary>
    public static bool Shows(AxisScale scale, double value) => Math.Abs(value) < Largest && (scale != AxisScale.Log || value > 1 / Largest);

    public bool Shows(double value) => Shows(_scale, value);

    /// <summary>From 0 at the low end to 1 at the high end.</summary>
    public double Position(double value)
    {
        double position = _scale == AxisScale.Log
            ? (Math.Log10(value) - Math.Log10(_minimum)) / (Math.Log10(_maximum) - Math.Log10(_minimum))
            : (value - _minimum) / (_maximum - _minimum);
        return Math.Clamp(position, 0, 1);
    }

    private static AxisRange Linear(double least, double most)
    {
        double span = most - least > 1 / Largest ? most - least : 1;
        double step = NiceStep(span / Intervals);
        double first = Math.Floor(least / step) + 0.0; // a negative zero would be written as one
        double last = Math.Max(Math.Ceiling((most / step) - 1e-9), first + 1);
        var ticks = new List<AxisTick>();
        for (double i = first; i <= last; i++)
        {
            ticks.Add(new AxisTick(i * step, PlotText.Short(i * step)));
        }

        return new AxisRange(AxisScale.Linear, first * step, last * step, ticks);
    }

    private static AxisRange Log(double least, double most)
    {
        int first = least > 0 ? (int)Math.Floor(Math.Log10(least) + 1e-9) : 0;
        int last = most > 0 ? Math.Max((int)Math.Ceiling(Math.Log10(most) - 1e-9), first + 1) : first + 1;
        int[] within = last - first <= 2 ? [1, 2, 5] : [1];
        int every = ((last - first) / LabelledDecades) + 1;
        var ticks = new List<AxisTick>();
        for (int decade = first; decade < last; decade += every)
        {
            ticks.AddRange(within.Select(digit => Tick(digit, decade)));
        }

        ticks.Add(Tick(1, last));
        return new AxisRange(AxisScale.Log, Math.Pow(10, first), Math.Pow(10, last), ticks);

        static AxisTick Tick(int digit, int decade)
        {
            double value = digit * Math.Pow(10, decade);
            return new AxisTick(value, decade < -6 ? PlotText.Format(value, "0e+0") : PlotText.Short(value));
        }
    }

    private static AxisRange Time(double most)
    {
        double end = most > 0 ? most : 1;
        double step = TimeSteps.FirstOrDefault(each => end / each <= TimeIntervals);
        step = step != 0 ? step : 30 * Day * Math.Ceiling(end / (30 * Day * TimeIntervals));
        (double unit, string name) = step switch { < 60 => (1, "s"), < 3600 => (60, "min"), < Day => (3600, "h"), _ => (Day, "d") };
        var ticks = new List<AxisTick>();
        for (int i = 0; i * step <= end * (1 + 1e-9); i++)
        {
            ticks.Add(new AxisTick(i * step, $"{PlotText.Format(i * step / unit, "0.##")} {name}"));
        }

        return new AxisRange(AxisScale.Time, 0, end, ticks);
    }

    /// <summary>1, 2 or 5 times a power of ten, no less than asked for.</summary>
    private static double NiceStep(double least)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        double digit = (least / power) switch { <= 1.0000001 => 1, <= 2.0000001 => 2, <= 5.0000001 => 5, _ => 10 };
        return digit * power;
    }
}
