namespace Turnpike.Scaling;

/// <summary>
/// Follows the load of the fleet: its level and its growth, by Brown's double exponential smoothing. That sees a rush within two minutes,
/// and makes of a noise of 2 % in single reports less than 3 % of buffer, where smoothed differences would make 10 %.
/// </summary>
internal static class Trend
{
    private static readonly TimeSpan Smoothing = TimeSpan.FromSeconds(40);

    // Reports come each second: two readings that are closer together are mostly the same one.
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    // What lay in between a longer time is not known.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>The growth a second; nothing where it was not looked at lately.</summary>
    public static Figures Growth(LoadTrend? trend, DateTimeOffset now) =>
        trend is not null && (now - trend.At).Duration() <= Longest ? trend.Growth : default;

    /// <summary>Looks at the load once more.</summary>
    public static LoadTrend? Next(LoadTrend? before, FleetView view, DateTimeOffset now)
    {
        TimeSpan passed = before is null ? TimeSpan.MaxValue : now - before.At;
        if (before is null || passed > Longest || passed < TimeSpan.Zero)
        {
            return new LoadTrend(now, Figures.Of(view.Load), default);
        }
        if (passed < Shortest)
        {
            return before;
        }
        double seconds = passed.TotalSeconds;
        double kept = Math.Exp(-passed / Smoothing);
        Figures expected = Figures.Of(dimension => Number(before.Load[dimension]) + (Number(before.Growth[dimension]) * seconds));
        Figures surprise = Figures.Of(dimension => view.Load(dimension) - expected[dimension]);
        return new LoadTrend(
            now,
            Figures.Of(dimension => expected[dimension] + ((1 - (kept * kept)) * surprise[dimension])),
            Figures.Of(dimension => Number(before.Growth[dimension]) + ((1 - kept) * (1 - kept) * surprise[dimension] / seconds)));
    }

    // What is remembered came from a store that others can write to.
    private static double Number(double value) => double.IsFinite(value) ? value : 0;
}
