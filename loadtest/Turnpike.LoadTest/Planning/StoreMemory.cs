namespace Turnpike.LoadTest.Planning;

/// <summary>The store's memory, GiB.</summary>
/// <param name="Leases">A user's lease.</param>
/// <param name="Minutes">Usage by the minute.</param>
/// <param name="Hours">Usage by the hour.</param>
/// <param name="Days">Usage by the day and by the month.</param>
/// <param name="Events">The logs.</param>
/// <param name="Edges">Records of edges.</param>
internal readonly record struct StoreMemory(double Leases, double Minutes, double Hours, double Days, double Events, double Edges)
{
    private const double Gibi = 1024.0 * 1024 * 1024;
    private const double DaySeconds = 86_400;
    private const double HourSeconds = 3600;
    private const double MinuteSeconds = 60;

    // The month that a byte quota counts in is kept for two.
    private const double Months = 2;

    public double Total => Leases + Minutes + Hours + Days + Events + Edges;

    /// <summary>What so many users at the peak leave in it.</summary>
    public static StoreMemory Of(PlanValues values, double users, double edges)
    {
        double mean = users * values[Constants.MeanToPeak];
        double call = values[Constants.CallMinutes] * 60;
        double daily = users * values[Constants.DailyUsers];
        double field = values[Constants.UsageFieldBytes] / Gibi;

        // Who is there and who comes meanwhile; nobody is counted twice in a day.
        double Within(double seconds) => Math.Min(daily, mean * (1 + (seconds / call)));
        double events = values[Constants.EventLog] * values[Constants.Realms];
        return new StoreMemory(
            users * values[Constants.LeaseUserBytes] / Gibi,
            Within(MinuteSeconds) * values[Constants.MinuteRetention] / MinuteSeconds * field,
            Within(HourSeconds) * values[Constants.HourRetention] / HourSeconds * field,
            daily * ((values[Constants.DayRetention] / DaySeconds) + Months) * field,
            events * values[Constants.EventBytes] / Gibi,
            edges * values[Constants.EdgeBytes] / Gibi);
    }
}
