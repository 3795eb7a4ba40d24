namespace Turnpike.Scaling;

/// <summary>
/// How many edges there should be. Pure: the same in, the same out; total: whatever the numbers are, there is an answer and no
/// exception; explained: every rule that had a say is among the reasons.
/// </summary>
/// <remarks>
/// Numbers of edges are of those in service: replicas that do not drain. A draining edge gives no capacity, and what it carries counts
/// as load until it is gone.
/// </remarks>
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
        FleetView view = new(fleet);
        var bounds = Bounds.Of(policy, now);
        Findings findings = new();
        bool canScaleDown = DataQuality.Check(fleet, view, policy, now, findings);

        // Edges that are away for a moment take their load along and bring it back: neither is a change of what callers want.
        LoadTrend? trend = fleet.IsFresh && view.Missing == 0 ? Trend.Next(memory.Trend, view, now) : memory.Trend;
        IReadOnlyList<RememberedNumber> changes = Changes(memory, view, policy, now);
        IReadOnlyList<DimensionFigures> dimensions = Needs.Of(view, policy, Trend.Growth(trend, now));
        double? needed = dimensions.Max(figures => figures.Needed);

        int recommended = Recommend(view, policy, dimensions, canScaleDown, findings);
        // Who remembers nothing takes what there is for what was needed a moment ago.
        IReadOnlyList<RememberedNumber> before = memory.InService is null ? [new(now, view.InService)] : memory.Highs;
        List<RememberedNumber> highs = Stabilization.Highs(before, recommended, policy.ScaleDown.StabilizationWindow, now);
        List<RememberedNumber> lows = Stabilization.Lows(memory.Lows, recommended, policy.ScaleUp.StabilizationWindow, now);
        int desired = Stabilize(view, recommended, highs[0].Value, lows[0].Value, findings);
        desired = LimitRate(view, policy, changes, desired, now, findings);
        desired = Bound(view, bounds, policy, desired, canScaleDown, findings);

        ScalingDecision decision = Choose(view, bounds, desired, findings) with
        {
            At = now,
            Needed = needed,
            Dimensions = dimensions,
            CanScaleDown = canScaleDown,
            DryRun = policy.DryRun,
        };
        if (policy.DryRun)
        {
            findings.Add(ScalingReasonCode.DryRun, "this is a dry run: nobody acts on it");
        }
        return (decision with { Reasons = findings.Reasons, Limits = findings.Limits },
            new ScalingMemory { Highs = highs, Lows = lows, Changes = changes, InService = view.InService, Trend = trend });
    }

    // What was seen to change counts, whoever changed it: a decision that nobody has carried out yet is made again and counts once.
    private static List<RememberedNumber> Changes(ScalingMemory memory, FleetView view, ScalingPolicy policy, DateTimeOffset now)
    {
        TimeSpan longest = policy.ScaleUp.Policies.Concat(policy.ScaleDown.Policies).Select(rate => rate.Period).DefaultIfEmpty().Max();
        List<RememberedNumber> changes = [.. memory.Changes.Where(change => (now - change.At).Duration() < longest)];
        if (memory.InService is int before && before != view.InService && longest > TimeSpan.Zero)
        {
            changes.Add(new RememberedNumber(now, view.InService - before));
        }
        return changes;
    }

    private static int Recommend(FleetView view, ScalingPolicy policy, IReadOnlyList<DimensionFigures> dimensions, bool canScaleDown, Findings findings)
    {
        DimensionFigures? worst = dimensions.Where(figures => figures.Needed is not null).MaxBy(figures => figures.Needed);
        if (worst?.Needed is not double needed)
        {
            findings.Add(ScalingReasonCode.CapacityUnknown, "no edge says what it can carry, so nobody knows how many are needed");
            return view.InService;
        }
        if (needed > view.InService * (1 + Tolerance(policy.ScaleUp)))
        {
            findings.Add(ScalingReasonCode.LoadNeedsMore, $"{Words.Need(worst)}; {Words.InService(view.InService)}");
            return Math.Max(Needs.Edges(needed), view.InService);
        }
        if (needed >= view.InService * (1 - Tolerance(policy.ScaleDown)) || Needs.Edges(needed) >= view.InService)
        {
            findings.Add(ScalingReasonCode.LoadFits, $"{Words.Need(worst)}; {Words.InService(view.InService)}, which fits");
            return view.InService;
        }
        findings.Add(ScalingReasonCode.LoadNeedsFewer, $"{Words.Need(worst)}; {Words.InService(view.InService)}");
        if (!canScaleDown)
        {
            return view.InService;
        }
        // Replicas that are on their way or cannot serve are no loss.
        int fewest = Math.Max(0, Math.Min(view.InService, view.Ready.Count) - Needs.Spare(view, dimensions));
        int recommended = Needs.Edges(needed);
        if (fewest > recommended)
        {
            findings.Limit(ScalingReasonCode.RemainingCapacity, $"edges differ in size: fewer than {fewest} might not carry it");
        }
        return Math.Min(view.InService, Math.Max(recommended, fewest));
    }

    private static int Stabilize(FleetView view, int recommended, int highest, int lowest, Findings findings)
    {
        int desired = Math.Min(Math.Max(view.InService, lowest), highest);
        if (recommended > view.InService && desired < recommended)
        {
            findings.Limit(ScalingReasonCode.ScaleUpStabilization, $"{Words.Edges(lowest)} would have done a while ago: the need for {recommended} must last");
        }
        if (recommended < view.InService && desired > recommended)
        {
            findings.Limit(ScalingReasonCode.ScaleDownStabilization, $"{Words.Edges(highest)} were needed a while ago: the need for {recommended} must last");
        }
        return desired;
    }

    private static int LimitRate(FleetView view, ScalingPolicy policy, IReadOnlyList<RememberedNumber> changes, int desired, DateTimeOffset now, Findings findings)
    {
        int highest = Math.Max(view.InService, RateLimits.Highest(policy.ScaleUp, view.InService, changes, now));
        int lowest = Math.Min(view.InService, RateLimits.Lowest(policy.ScaleDown, view.InService, changes, now));
        if (desired > highest)
        {
            findings.Limit(policy.ScaleUp.SelectPolicy == SelectPolicy.Disabled
                ? (ScalingReasonCode.ScaleUpDisabled, "scaling up is disabled")
                : (ScalingReasonCode.ScaleUpRate, $"the scale-up policies let there be {highest} now"));
        }
        if (desired < lowest)
        {
            findings.Limit(policy.ScaleDown.SelectPolicy == SelectPolicy.Disabled
                ? (ScalingReasonCode.ScaleDownDisabled, "scaling down is disabled")
                : (ScalingReasonCode.ScaleDownRate, $"the scale-down policies let there be {lowest} now"));
        }
        return Math.Clamp(desired, lowest, highest);
    }

    private static int Bound(FleetView view, Bounds bounds, ScalingPolicy policy, int desired, bool canScaleDown, Findings findings)
    {
        if (desired < bounds.Min)
        {
            findings.Limit(bounds.Min > policy.MinReplicas
                ? (ScalingReasonCode.Schedule, $"the schedule wants at least {bounds.Min} now")
                : (ScalingReasonCode.MinReplicas, $"there must be at least {bounds.Min}"));
        }
        // The schedule's ceiling can wait until the fleet can be seen; the operator's cannot.
        int max = canScaleDown ? bounds.Max : Math.Clamp(view.InService, bounds.Max, bounds.HardMax);
        if (desired > max)
        {
            findings.Limit(max < bounds.HardMax
                ? (ScalingReasonCode.Schedule, $"the schedule wants at most {max} now")
                : (ScalingReasonCode.MaxReplicas, $"there must be at most {max}"));
        }
        return Math.Clamp(desired, bounds.Min, max);
    }

    private static ScalingDecision Choose(FleetView view, Bounds bounds, int desired, Findings findings)
    {
        IReadOnlyList<string> victims = Victims.Of(view);
        string[] undrain = [.. Victims.Undrainable(view).Take(Math.Max(0, desired - view.InService))];
        int fewer = Math.Max(0, view.InService - desired);
        string[] withdraw = [.. view.Arriving.Reverse().Take(fewer)];
        string[] drain = [.. victims.Take(fewer - withdraw.Length)];
        int staying = view.Draining.Count - undrain.Length;
        int replicas = Math.Min(desired + staying, bounds.HardMax);
        if (view.Draining.Count > 0)
        {
            findings.Add(ScalingReasonCode.EdgesDraining, $"{Words.Edges(view.Draining.Count)} in draining: what they carry counts, they give no capacity");
        }
        if (view.Arriving.Count > 0)
        {
            findings.Add(ScalingReasonCode.EdgesArriving, $"{Words.Edges(view.Arriving.Count)} on their way");
        }
        if (undrain.Length > 0)
        {
            findings.Add(ScalingReasonCode.Undrain, $"{Words.Edges(undrain.Length)} taken back from draining, before any is started");
        }
        if (replicas < desired + staying)
        {
            findings.Limit(ScalingReasonCode.MaxReplicas, $"there must be at most {bounds.HardMax}, those that drain included");
        }
        if (drain.Length > 0)
        {
            findings.Add(ScalingReasonCode.Drain, $"the cheapest to drain: {Words.List(drain)}");
        }
        return new ScalingDecision
        {
            At = default,
            Action = desired > view.InService ? ScalingAction.ScaleUp : desired < view.InService ? ScalingAction.ScaleDown : ScalingAction.None,
            Current = view.Current,
            InService = view.InService,
            Desired = desired,
            Replicas = replicas,
            Undrain = undrain,
            Withdraw = withdraw,
            Drain = drain,
            Victims = victims,
        };
    }

    private static double Tolerance(ScalingRules rules) => rules.Tolerance is > 0 and < 1 ? rules.Tolerance : 0;
}
