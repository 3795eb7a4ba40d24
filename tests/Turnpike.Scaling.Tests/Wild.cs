using CsCheck;

namespace Turnpike.Scaling.Tests;

/// <summary>Fleets, policies and memories of all kinds, honest and hostile.</summary>
internal static class Wild
{
    private static readonly Gen<double> Hostile = Gen.OneOf(
        Gen.OneOf(double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue, double.Epsilon, -1, 0), Gen.Double, Gen.Double[0, 1e6]);

    private static readonly Gen<int> Integer = Gen.OneOf(Gen.OneOf(int.MinValue, int.MaxValue, -1, 0), Gen.Int[0, 50]);

    private static readonly Gen<TimeSpan> Length = Gen.OneOf(
        Gen.OneOf(TimeSpan.Zero, TimeSpan.MaxValue, TimeSpan.MinValue), Gen.Int[0, 3600].Select(seconds => TimeSpan.FromSeconds(seconds)));

    public static readonly Gen<DateTimeOffset> Moment = Gen.OneOf(
        Gen.OneOf(DateTimeOffset.MinValue, DateTimeOffset.MaxValue, default), Gen.Int[-1000, 1000].Select(seconds => Make.Noon.AddSeconds(seconds)));

    private static readonly Gen<FleetEdge> Edge =
        from id in Gen.Int[0, 1000]
        from state in Gen.Enum<EdgeState>()
        from drain in Gen.Enum<EdgeDrain>()
        from flags in Gen.Int[0, 3]
        from reported in Moment.Nullable()
        from capacity in FiguresOf(Hostile)
        from load in FiguresOf(Hostile)
        select new FleetEdge
        {
            Id = $"e{id}",
            State = state,
            Drain = drain,
            Degraded = (flags & 1) != 0,
            GoesFirst = (flags & 2) != 0,
            ReportedAt = reported,
            Capacity = capacity,
            Load = load,
        };

    public static readonly Gen<FleetSnapshot> Fleet =
        from readAt in Moment
        from fresh in Gen.Bool
        from edges in Edge.Array[0, 12]
        from replicas in Integer.Nullable()
        from arriving in Gen.Int[0, 3]
        select new FleetSnapshot
        {
            ReadAt = readAt,
            IsFresh = fresh,
            Edges = edges,
            Replicas = replicas,
            Arriving = [.. Enumerable.Range(0, arriving).Select(number => $"p{number}")],
        };

    private static readonly Gen<ScalingRules> Rules =
        from tolerance in Hostile
        from window in Length
        from which in Gen.Enum<SelectPolicy>()
        from policies in Gen.Select(Gen.Enum<RateType>(), Integer, Length, (type, value, period) => new RatePolicy(type, value, period)).Array[0, 3]
        select new ScalingRules { Tolerance = tolerance, StabilizationWindow = window, SelectPolicy = which, Policies = policies };

    private static readonly Gen<ScalingWindow> Window =
        from days in Gen.Enum<DayOfWeek>().Array[0, 7]
        from hours in Gen.Select(Gen.Int[0, 23], Gen.Int[0, 23])
        from bounds in Gen.Select(Integer.Nullable(), Integer.Nullable())
        select new ScalingWindow(days, new TimeOnly(hours.Item1, 30), new TimeOnly(hours.Item2, 0), TimeZoneInfo.Utc, bounds.Item1, bounds.Item2);

    public static readonly Gen<ScalingPolicy> Policy =
        from bounds in Gen.Select(Gen.Int[0, 20], Gen.Int[0, 20])
        from target in FiguresOf(Hostile)
        from buffer in Gen.Select(Hostile, Hostile, Length)
        from up in Rules
        from down in Rules
        from schedule in Window.Array[0, 2]
        from age in Length
        select new ScalingPolicy
        {
            MinReplicas = bounds.Item1,
            MaxReplicas = bounds.Item1 + bounds.Item2,
            TargetUtilization = target,
            Buffer = new ScalingBuffer { Edges = buffer.Item1, Percent = buffer.Item2, ProvisioningTime = buffer.Item3 },
            ScaleUp = up,
            ScaleDown = down,
            Schedule = schedule,
            MaxReportAge = age,
        };

    public static readonly Gen<ScalingMemory> Memory =
        from highs in Numbers()
        from lows in Numbers()
        from changes in Numbers()
        from inService in Integer.Nullable()
        from trend in Gen.Select(Moment, FiguresOf(Hostile), FiguresOf(Hostile), (at, load, growth) => new LoadTrend(at, load, growth)).Null()
        select new ScalingMemory { Highs = highs, Lows = lows, Changes = changes, InService = inService, Trend = trend };

    /// <summary>A fleet of edges that are well, some of them draining, with loads up to their capacity.</summary>
    public static Gen<FleetSnapshot> Honest(bool oneSize) =>
        from count in Gen.Int[1, 12]
        from loads in Gen.Double[0, 1].Array[count]
        from sizes in Gen.OneOf(1.0, 0.5, 2).Array[count]
        from drains in Gen.Int[0, 9].Array[count]
        from replicas in Gen.Bool
        select Make.Fleet([.. Enumerable.Range(0, count).Select(number => Make.Edge($"e{number}", 0) with
        {
            Capacity = Figures.Of(dimension => Make.Capacity[dimension] * (oneSize ? 1 : sizes[number])),
            Load = Figures.Of(dimension => Make.Capacity[dimension] * loads[number]),
            Drain = drains[number] switch { 0 => EdgeDrain.ScaleIn, 1 => EdgeDrain.Ordered, 2 => EdgeDrain.Ending, _ => EdgeDrain.None },
        })]) is var fleet && replicas ? fleet : fleet with { Replicas = null };

    private static Gen<Figures> FiguresOf(Gen<double> number) =>
        Gen.Select(number, number, number, number, number, (one, two, three, four, five) => new Figures(one, two, three, four, five));

    private static Gen<RememberedNumber[]> Numbers() => Gen.Select(Moment, Integer, (at, value) => new RememberedNumber(at, value)).Array[0, 4];
}
