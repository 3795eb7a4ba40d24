namespace Turnpike.Scaling;

/// <summary>Fewest and most, with the schedule's.</summary>
/// <param name="Min">Fewest in service.</param>
/// <param name="Max">Most replicas.</param>
/// <param name="HardMax">Most replicas at any time.</param>
internal readonly record struct Bounds(int Min, int Max, int HardMax)
{
    /// <summary>More than any fleet: sums of two stay far within an integer.</summary>
    public const int Most = 1_000_000;

    public static Bounds Of(ScalingPolicy policy, DateTimeOffset now)
    {
        int min = Math.Clamp(policy.MinReplicas, 0, Most);
        int max = Math.Clamp(policy.MaxReplicas, min, Most);
        int low = min;
        int high = max;
        foreach (ScalingWindow window in policy.Schedule.Where(window => window.IsActive(now)))
        {
            low = Math.Max(low, Math.Clamp(window.MinReplicas ?? min, min, max));
            high = Math.Min(high, Math.Clamp(window.MaxReplicas ?? max, min, max));
        }
        // Where windows contradict each other, calls that are carried count for more than what they cost.
        return new Bounds(low, Math.Max(low, high), max);
    }
}
