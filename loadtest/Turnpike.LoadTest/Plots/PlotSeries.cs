namespace Turnpike.LoadTest.Plots;

internal readonly record struct PlotPoint(double X, double Y);

internal enum SeriesStyle
{
    Line,

    /// <summary>Filled down to the bottom of the plot.</summary>
    Area,

    /// <summary>Strokes that hang from the top, as long as their share of the largest: what must not happen, and shows though it be rare.</summary>
    Marks,
}

/// <summary>Points that belong together, in the order of their X. One that has no place on the axes is a gap in the line.</summary>
internal sealed record PlotSeries(string Name, IReadOnlyList<PlotPoint> Points, SeriesStyle Style = SeriesStyle.Line)
{
    // Two for each column of the plot: more would only be written over each other.
    private const int MostPoints = 1400;

    public static PlotSeries Of<T>(string name, IEnumerable<T> items, Func<T, double> x, Func<T, double> y, SeriesStyle style = SeriesStyle.Line) =>
        new(name, [.. items.Select(item => new PlotPoint(x(item), y(item)))], style);

    /// <summary>The runs of points without a gap, thinned so that a day of seconds stays a small file and no peak is lost.</summary>
    public IEnumerable<IReadOnlyList<PlotPoint>> Runs(AxisRange x, AxisRange y)
    {
        var run = new List<PlotPoint>();
        foreach (PlotPoint point in Thinned(y))
        {
            if (x.Shows(point.X) && y.Shows(point.Y))
            {
                run.Add(point);
            }
            else if (run.Count != 0)
            {
                yield return run;
                run = [];
            }
        }

        if (run.Count != 0)
        {
            yield return run;
        }
    }

    /// <summary>The lowest and the highest of each few neighbours, in their order, and a gap where one is among them.</summary>
    private IEnumerable<PlotPoint> Thinned(AxisRange y)
    {
        int bucket = (Points.Count + (MostPoints / 2) - 1) / (MostPoints / 2);
        if (Points.Count <= MostPoints)
        {
            return Points;
        }

        return Points.Chunk(bucket).SelectMany(chunk =>
        {
            PlotPoint[] shown = [.. chunk.Where(point => y.Shows(point.Y))];
            if (shown.Length == 0)
            {
                return chunk[..1];
            }

            PlotPoint low = shown.MinBy(point => point.Y);
            PlotPoint high = shown.MaxBy(point => point.Y);
            PlotPoint[] kept = low.X <= high.X ? [low, high] : [high, low];
            return shown.Length == chunk.Length ? kept : [.. kept, chunk.First(point => !y.Shows(point.Y))];
        });
    }
}
