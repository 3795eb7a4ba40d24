namespace Turnpike.Scaling;

/// <summary>Follows the growth of the load: smoothed, so that the noise of single reports is no growth.</summary>
internal static class Trend
{
    // Of the order of the time in which an edge comes up: quicker would follow noise, slower would see a rush too late.
    private static readonly TimeSpan Smoothing = TimeSpan.FromSeconds(120);

    // Reports come each second: two readings that are closer together are mostly the same one.
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    // What lay in between a longer time is not known.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    public static LoadTrend? Next(LoadTrend? before, FleetView view, DateTimeOffset now)
    {
        Figures load = Figures.Of(view.Load);
        TimeSpan passed = before is null ? TimeSpan.MaxValue : now - before.At;
        if (before is null || passed > Longest || passed < TimeSpan.Zero)
        {
            return new LoadTrend(now, load, default);
        }
        if (passed < Shortest)
        {
            return before;
        }
        double weight = 1 - Math.Exp(-passed / Smoothing);
        return new LoadTrend(now, load, Figures.Of(dimension =>
        {
            double seen = (load[dimension] - Number(before.Load[dimension])) / passed.TotalSeconds;
            return Number(before.Growth[dimension]) + (weight * (seen - Number(before.Growth[dimension])));
        }));
    }

    // What is remembered came from a store that others can write to.
    private static double Number(double value) => double.IsFinite(value) ? value : 0;
}
