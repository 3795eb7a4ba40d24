namespace Turnpike.Scaling;

/// <summary>
/// How many edges there should be. Pure: the same in, the same out; total: whatever the numbers are, there is an answer and no
/// exception; explained: every rule that had a say is among the reasons.
/// </summary>
public static class ScalingFunction
{
    /// <summary>Decides.</summary>
    /// <param name="fleet">The fleet now.</param>
    /// <param name="policy">How it is to be scaled.</param>
    /// <param name="memory">What the last decision left.</param>
    /// <param name="now">The time.</param>
    /// <returns>The decision, and what the next one is to be given.</returns>
    public static (ScalingDecision Decision, ScalingMemory Memory) Decide(FleetSnapshot fleet, ScalingPolicy policy, ScalingMemory memory, DateTimeOffset now)
    {
        _ = policy;
        return (new ScalingDecision { At = now, Current = fleet.Replicas ?? fleet.Edges.Count }, memory);
    }
}
