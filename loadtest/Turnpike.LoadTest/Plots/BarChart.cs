namespace Turnpike.LoadTest.Plots;

/// <summary>A bar's length, and the range of the measurements behind it.</summary>
internal readonly record struct BarValue(double Value, double? Low = null, double? High = null);

/// <summary>One colour of bars: a value for each group, or none where it was not measured.</summary>
internal sealed record BarSeries(string Name, IReadOnlyList<BarValue?> Values);

/// <summary>Bars that lie, so that the names of the groups can be long; several a group where there are several series.</summary>
/// <param name="Title">What is shown, in a few words; unique on its page.</param>
/// <param name="Description">The same for who cannot see it, in a sentence.</param>
/// <param name="Axis">What a bar's length is; on a logarithmic one bars begin at the lowest decade.</param>
/// <param name="Groups">The names at the left.</param>
/// <param name="Series">The bars of each group, in their order.</param>
internal sealed record BarChart(string Title, string Description, PlotAxis Axis, IReadOnlyList<string> Groups, IReadOnlyList<BarSeries> Series)
{
    private const double LabelWidth = 230;
    private const double Right = 110;
    private const double BarHeight = 15;
    private const double GroupGap = 12;
    private const int LongestLabel = 36;

    /// <summary>Values to compare with, as lines across all groups.</summary>
    public IReadOnlyList<PlotLimit> Limits { get; init; } = [];

    public double Width { get; init; } = 800;

    public string ToSvg()
    {
        double legendRows = Series.Count < 2 ? 0 : 1 + (Series.Sum(series => series.Name.Length + 4) * 7 / Width);
        double groupHeight = (Math.Max(1, Series.Count) * BarHeight) + GroupGap;
        double height = 100 + (Math.Floor(legendRows) * 17) + (Math.Max(1, Groups.Count) * groupHeight);
        var svg = new SvgWriter(Width, height, Title, Description);
        svg.Text(16, 20, PlotText.Shorten(Title, (int)((Width - 32) / 8.5)), style: "name");
        double top = PlotLegend.Draw(svg, [.. Series.Select(series => series.Name)], 16, Width - 16, 38) + (Limits.Count == 0 ? 8 : 22);
        double bottom = top + (Math.Max(1, Groups.Count) * groupHeight);
        BarValue[] all = [.. Series.SelectMany(series => series.Values).OfType<BarValue>()];
        var range = AxisRange.Of(
            Axis,
            all.SelectMany(bar => new[] { bar.Value, bar.Low ?? double.NaN, bar.High ?? double.NaN }).Concat(Limits.Select(limit => limit.Y)));
        var area = new PlotArea(LabelWidth, top, Width - Right, bottom, range, range);
        foreach (AxisTick tick in range.Ticks)
        {
            double column = area.X(tick.Value);
            svg.Line(column, top, column, bottom, "grid");
            svg.Text(column, bottom + 16, tick.Label, "middle");
        }

        svg.Text((area.Left + area.Right) / 2, bottom + 34, Axis.Label, "middle");
        if (!all.Any(bar => range.Shows(bar.Value)))
        {
            svg.Text((area.Left + area.Right) / 2, (top + bottom) / 2, "no data", "middle");
        }

        for (int group = 0; group < Groups.Count; group++)
        {
            double y = top + (GroupGap / 2) + (group * groupHeight);
            svg.Text(area.Left - 8, y + ((groupHeight - GroupGap) / 2) + 4, PlotText.Shorten(Groups[group], LongestLabel), "end");
            for (int i = 0; i < Series.Count; i++)
            {
                DrawBar(svg, area, $"{Groups[group]}, {Series[i].Name}", Series[i].Values.ElementAtOrDefault(group), y + (i * BarHeight), SvgWriter.Colour(i));
            }
        }

        svg.Line(area.Left, top, area.Left, bottom, "axis");
        foreach (PlotLimit limit in Limits.Where(limit => range.Shows(limit.Y)))
        {
            svg.Line(area.X(limit.Y), top, area.X(limit.Y), bottom, "limit");
            svg.Text(area.X(limit.Y), top - 4, limit.Name, "middle", "limit");
        }

        return svg.ToString();
    }

    private static void DrawBar(SvgWriter svg, PlotArea area, string name, BarValue? bar, double y, string colour)
    {
        if (bar is not { } value || !area.XRange.Shows(value.Value))
        {
            return;
        }

        double zero = area.XRange.Shows(0) ? area.X(0) : area.Left;
        double end = area.X(value.Value);
        string text = PlotText.Readable(value.Value);
        svg.Rectangle(Math.Min(zero, end), y + 1, Math.Abs(end - zero), BarHeight - 2, $"{colour} bar", $"{name}: {text}");
        double right = Math.Max(zero, end);
        if (value.Low is double low && value.High is double high && area.XRange.Shows(low) && area.XRange.Shows(high))
        {
            double middle = y + (BarHeight / 2);
            svg.Line(area.X(low), middle, area.X(high), middle, "range");
            svg.Line(area.X(low), middle - 3, area.X(low), middle + 3, "range");
            svg.Line(area.X(high), middle - 3, area.X(high), middle + 3, "range");
            text = $"{text} ({PlotText.Readable(low)}–{PlotText.Readable(high)})";
            right = Math.Max(right, area.X(high));
        }

        svg.Text(right + 5, y + BarHeight - 3, text);
    }
}
