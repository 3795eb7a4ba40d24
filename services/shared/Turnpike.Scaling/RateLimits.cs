namespace Turnpike.Scaling;

/// <summary>How far the rate policies let the edges in service change now, as a HorizontalPodAutoscaler reckons it.</summary>
internal static class RateLimits
{
    /// <summary>The most edges that there may be.</summary>
    public static int Highest(ScalingRules rules, int inService, IReadOnlyList<RememberedNumber> changes, DateTimeOffset now)
    {
        if (rules.SelectPolicy == SelectPolicy.Disabled || rules.Policies.Count == 0)
        {
            return rules.SelectPolicy == SelectPolicy.Disabled ? inService : Bounds.Most;
        }
        IEnumerable<double> limits = rules.Policies.Select(policy =>
        {
            int start = Start(policy, inService, changes, now);
            return policy.Type == RateType.Pods ? start + (double)policy.Value : Math.Ceiling(start * (1 + (policy.Value / 100.0)));
        });
        return Whole(rules.SelectPolicy == SelectPolicy.Max ? limits.Max() : limits.Min());
    }

    /// <summary>The fewest edges that there may be.</summary>
    public static int Lowest(ScalingRules rules, int inService, IReadOnlyList<RememberedNumber> changes, DateTimeOffset now)
    {
        if (rules.SelectPolicy == SelectPolicy.Disabled || rules.Policies.Count == 0)
        {
            return rules.SelectPolicy == SelectPolicy.Disabled ? inService : 0;
        }
        IEnumerable<double> limits = rules.Policies.Select(policy =>
        {
            int start = Start(policy, inService, changes, now);
            return policy.Type == RateType.Pods ? start - (double)policy.Value : Math.Floor(start * (1 - (policy.Value / 100.0)));
        });
        return Whole(rules.SelectPolicy == SelectPolicy.Max ? limits.Min() : limits.Max());
    }

    // How many there were when the period began.
    private static int Start(RatePolicy policy, int inService, IReadOnlyList<RememberedNumber> changes, DateTimeOffset now) =>
        (int)Math.Clamp(inService - changes.Where(change => (now - change.At).Duration() < policy.Period).Sum(change => (long)change.Value), 0, Bounds.Most);

    private static int Whole(double limit) => (int)Math.Clamp(limit, 0, Bounds.Most);
}
