namespace Turnpike.LoadTest.Plots;

/// <summary>A line across the plot at a value that should not be passed, or that others are compared with.</summary>
internal sealed record PlotLimit(double Y, string Name);

/// <summary>Lines, areas and marks over time or over another quantity.</summary>
/// <param name="Title">What is shown, in a few words; unique on its page.</param>
/// <param name="Description">The same for who cannot see it, in a sentence.</param>
/// <param name="X">The axis below.</param>
/// <param name="Y">The axis on the left.</param>
/// <param name="Series">What is drawn, later ones above earlier ones.</param>
internal sealed record LineChart(string Title, string Description, PlotAxis X, PlotAxis Y, IReadOnlyList<PlotSeries> Series)
{
    private const double Left = 68;
    private const double Right = 18;
    private const double Bottom = 44;
    private const double LongestMark = 46;

    // Above this many the points of a line run into each other.
    private const int MostDots = 60;

    public IReadOnlyList<PlotLimit> Limits { get; init; } = [];

    public double Width { get; init; } = 800;

    public double Height { get; init; } = 280;

    public string ToSvg()
    {
        var svg = new SvgWriter(Width, Height, Title, Description);
        svg.Text(Left, 20, PlotText.Shorten(Title, (int)((Width - Left - Right) / 8.5)), style: "name");
        double top = PlotLegend.Draw(svg, [.. Series.Select(series => series.Name)], Left, Width - Right, 38) + 8;
        IEnumerable<PlotPoint> drawn = Series.SelectMany(series => series.Points);
        IEnumerable<PlotPoint> scaled = Series.Where(series => series.Style != SeriesStyle.Marks).SelectMany(series => series.Points);
        var x = AxisRange.Of(X, drawn.Select(point => point.X));
        var y = AxisRange.Of(Y, scaled.Select(point => point.Y).Concat(Limits.Select(limit => limit.Y)));
        var area = new PlotArea(Left, top, Width - Right, Height - Bottom, x, y);
        DrawAxes(svg, area);
        if (!Series.Any(series => series.Runs(x, y).Any()))
        {
            svg.Text((area.Left + area.Right) / 2, (area.Top + area.Bottom) / 2, "no data", "middle");
        }

        int lines = 0;
        for (int i = 0; i < Series.Count; i++)
        {
            Draw(svg, area, Series[i], SvgWriter.Colour(i), SvgWriter.Dashes(Series[i].Style == SeriesStyle.Line ? lines++ : 0));
        }

        foreach (PlotLimit limit in Limits.Where(limit => y.Shows(limit.Y)))
        {
            double height = area.Y(limit.Y);
            svg.Line(area.Left, height, area.Right, height, "limit");
            svg.Text(area.Right - 4, height - 4 < area.Top + 8 ? height + 13 : height - 4, limit.Name, "end", "limit");
        }

        return svg.ToString();
    }

    private void DrawAxes(SvgWriter svg, PlotArea area)
    {
        foreach (AxisTick tick in area.YRange.Ticks)
        {
            double height = area.Y(tick.Value);
            svg.Line(area.Left, height, area.Right, height, "grid");
            svg.Text(area.Left - 6, height + 4, tick.Label, "end");
        }

        foreach (AxisTick tick in area.XRange.Ticks)
        {
            double column = area.X(tick.Value);
            svg.Line(column, area.Top, column, area.Bottom, "grid");
            svg.Text(column, area.Bottom + 16, tick.Label, "middle");
        }

        svg.Line(area.Left, area.Bottom, area.Right, area.Bottom, "axis");
        svg.Text((area.Left + area.Right) / 2, area.Bottom + 34, X.Label, "middle");
        svg.Text(16, (area.Top + area.Bottom) / 2, Y.Label, "middle", turned: true);
    }

    private void Draw(SvgWriter svg, PlotArea area, PlotSeries series, string colour, string dashes)
    {
        if (series.Style == SeriesStyle.Marks)
        {
            PlotPoint[] marks = [.. series.Points.Where(point => point.Y > 0 && area.XRange.Shows(point.X) && area.YRange.Shows(point.Y))];
            double largest = marks.Select(mark => mark.Y).DefaultIfEmpty(1).Max();
            foreach (PlotPoint mark in marks)
            {
                svg.Rectangle(area.X(mark.X) - 1, area.Top, 2, 6 + ((LongestMark - 6) * mark.Y / largest), $"{colour} bar");
            }

            return;
        }

        foreach (IReadOnlyList<PlotPoint> run in series.Runs(area.XRange, area.YRange))
        {
            PlotPoint[] placed = [.. run.Select(point => new PlotPoint(area.X(point.X), area.Y(point.Y)))];
            if (series.Style == SeriesStyle.Area)
            {
                svg.Path([new(placed[0].X, area.Bottom), .. placed, new(placed[^1].X, area.Bottom)], $"{colour} area", closed: true);
                continue;
            }

            svg.Path(placed, $"{colour} {dashes} line");
            for (int i = 0; i < placed.Length && (series.Points.Count <= MostDots || placed.Length == 1); i++)
            {
                svg.Dot(placed[i].X, placed[i].Y, 2.5, $"{colour} dot", $"{series.Name}: {PlotText.Readable(run[i].Y)} ({X.Label}: {PlotText.Readable(run[i].X)})");
            }
        }
    }
}

/// <summary>The rectangle in which the data is, and where a value lies in it.</summary>
internal sealed record PlotArea(double Left, double Top, double Right, double Bottom, AxisRange XRange, AxisRange YRange)
{
    public double X(double value) => Left + ((Right - Left) * XRange.Position(value));

    public double Y(double value) => Bottom - ((Bottom - Top) * YRange.Position(value));
}

/// <summary>Which colour is which name, in as many rows as they need.</summary>
internal static class PlotLegend
{
    private const double CharacterWidth = 6.6;
    private const double RowHeight = 17;

    /// <returns>The base line of the last row.</returns>
    public static double Draw(SvgWriter svg, IReadOnlyList<string> names, double left, double right, double y)
    {
        if (names.Count < 2)
        {
            return y - RowHeight;
        }

        double x = left;
        int longest = (int)((right - left - 30) / CharacterWidth);
        for (int i = 0; i < names.Count; i++)
        {
            string name = PlotText.Shorten(names[i], longest);
            double width = 26 + (name.Length * CharacterWidth);
            if (x > left && x + width > right)
            {
                (x, y) = (left, y + RowHeight);
            }

            svg.Rectangle(x, y - 9, 10, 10, $"{SvgWriter.Colour(i)} bar");
            svg.Text(x + 14, y, name);
            x += width;
        }

        return y;
    }
}
