namespace Turnpike.Scaling;

/// <summary>How the fleet is to be scaled. Behaviour fields mean what they mean in a HorizontalPodAutoscaler (autoscaling/v2).</summary>
public sealed record ScalingPolicy
{
    /// <summary>Fewest edges in service.</summary>
    public int MinReplicas { get; init; } = 1;

    /// <summary>Most replicas, those that drain included.</summary>
    public int MaxReplicas { get; init; } = 10;

    /// <summary>Part of its capacity that an edge shall use at most, by dimension, above 0 to 1.</summary>
    public Figures TargetUtilization { get; init; } = Figures.All(0.88);

    /// <summary>What is kept free beside that.</summary>
    public ScalingBuffer Buffer { get; init; } = new();

    /// <summary>On the way up.</summary>
    public ScalingRules ScaleUp { get; init; } = new();

    /// <summary>On the way down.</summary>
    public ScalingRules ScaleDown { get; init; } = new() { StabilizationWindow = TimeSpan.FromSeconds(300), Tolerance = 0.05 };

    /// <summary>Times at which the bounds are narrower.</summary>
    public IReadOnlyList<ScalingWindow> Schedule { get; init; } = [];

    /// <summary>A report that is older is not true any more.</summary>
    public TimeSpan MaxReportAge { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Decisions are made and shown, and nobody acts on them.</summary>
    public bool DryRun { get; init; }
}

/// <summary>Capacity that is kept free; the largest of those that are set counts.</summary>
public sealed record ScalingBuffer
{
    /// <summary>As a number of edges.</summary>
    public double Edges { get; init; } = 1;

    /// <summary>As a percentage of the load.</summary>
    public double Percent { get; init; }

    /// <summary>As what will come, at the rate at which the load grows now, while a new edge is being provided; zero: not.</summary>
    public TimeSpan ProvisioningTime { get; init; } = TimeSpan.FromSeconds(180);
}

/// <summary>How fast one direction goes.</summary>
public sealed record ScalingRules
{
    /// <summary>The part by which what is needed must differ from what is there, before anything is done.</summary>
    public double Tolerance { get; init; }

    /// <summary>The most cautious recommendation of so long counts.</summary>
    public TimeSpan StabilizationWindow { get; init; }

    /// <summary>Which of the policies counts.</summary>
    public SelectPolicy SelectPolicy { get; init; } = SelectPolicy.Max;

    /// <summary>How much may change in a time; none: as much as is needed.</summary>
    public IReadOnlyList<RatePolicy> Policies { get; init; } = [];
}

/// <summary>Which of several policies counts.</summary>
public enum SelectPolicy
{
    /// <summary>The one that allows the largest change.</summary>
    Max,

    /// <summary>The one that allows the smallest change.</summary>
    Min,

    /// <summary>None: this direction is not scaled in.</summary>
    Disabled,
}

/// <summary>What the value of a <see cref="RatePolicy"/> counts.</summary>
public enum RateType
{
    /// <summary>Edges.</summary>
    Pods,

    /// <summary>Percent of the edges that there were when the period began.</summary>
    Percent,
}

/// <summary>At most so much change in a period.</summary>
/// <param name="Type">What is counted.</param>
/// <param name="Value">How many.</param>
/// <param name="Period">In what time.</param>
public readonly record struct RatePolicy(RateType Type, int Value, TimeSpan Period);
