namespace Turnpike.Scaling.Tests;

/// <summary>Fleets and policies that tests begin with.</summary>
internal static class Make
{
    public static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero); // A Monday.

    /// <summary>What one edge carries: 100 allocations.</summary>
    public static readonly Figures Capacity = new(100, 200, 10_000, 1e9, 1);

    /// <summary>No rule but the need: nothing is kept free, nothing is waited for.</summary>
    public static readonly ScalingPolicy Plain = new()
    {
        MinReplicas = 1,
        MaxReplicas = 100,
        TargetUtilization = Figures.All(1),
        Buffer = new ScalingBuffer { Edges = 0, ProvisioningTime = TimeSpan.Zero },
        ScaleUp = new ScalingRules(),
        ScaleDown = new ScalingRules(),
    };

    public static FleetEdge Edge(string id, double allocations, DateTimeOffset? reportedAt = null) => new()
    {
        Id = id,
        Name = id,
        ReportedAt = reportedAt ?? Noon,
        Capacity = Capacity,
        Load = new Figures(allocations, allocations, 0, 0, 0),
    };

    /// <summary>A fleet whose workload is as large as it has edges.</summary>
    public static FleetSnapshot Fleet(params IReadOnlyList<FleetEdge> edges) => new()
    {
        ReadAt = Noon,
        IsFresh = true,
        Edges = edges,
        Replicas = edges.Count(edge => edge.Drain != EdgeDrain.Ending),
    };

    /// <summary>Edges of one load, named a, b, c …</summary>
    public static FleetEdge[] Edges(int count, double allocations) =>
        [.. Enumerable.Range(0, count).Select(number => Edge(((char)('a' + number)).ToString(), allocations))];

    public static ScalingDecision Decide(FleetSnapshot fleet, ScalingPolicy policy, ScalingMemory? memory = null, DateTimeOffset? now = null) =>
        ScalingFunction.Decide(fleet, policy, memory ?? ScalingMemory.Empty, now ?? Noon).Decision;

    public static bool Has(this ScalingDecision decision, ScalingReasonCode code) => decision.Reasons.Any(reason => reason.Code == code);
}
