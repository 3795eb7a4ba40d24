using System.ComponentModel.DataAnnotations;
using Turnpike.Scaling;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.ControlPlane.Options;

/// <summary>Who changes the number of edges.</summary>
public enum ScalingMode
{
    /// <summary>The control plane, where it knows their Deployment.</summary>
    Builtin,

    /// <summary>KEDA, which asks the control plane.</summary>
    Keda,

    /// <summary>A HorizontalPodAutoscaler, by the control plane's metrics.</summary>
    Hpa,

    /// <summary>Nobody, or somebody by hand.</summary>
    None,
}

/// <summary>Section <c>ControlPlane:Scaling</c>. <see cref="ScalingPolicy"/> is the checked form; names are those of a HorizontalPodAutoscaler.</summary>
public sealed class ScalingOptions : ISettingsSection
{
    internal const string PoliciesForm = "Pods:VALUE:SECONDS or Percent:VALUE:SECONDS, with a value of 1 to 10000 and 1 to 1800 seconds";

    /// <summary>Default builtin: it does nothing without <c>ControlPlane:Kubernetes:Workload</c>.</summary>
    [Setting("Who changes the number of edges: the control plane itself, KEDA, a HorizontalPodAutoscaler, or nobody")]
    public ScalingMode Mode { get; init; }

    /// <summary>Default 1.</summary>
    [Setting("Fewest edges in service")]
    [Range(1, 10_000)]
    public int MinReplicas { get; init; } = 1;

    /// <summary>Default 10: a mistake in a policy shall not cost a fortune.</summary>
    [Setting("Most replicas, those that drain included")]
    [Range(1, 10_000)]
    public int MaxReplicas { get; init; } = 10;

    /// <summary>Default 88: found by simulation (loadtest/SCALE.md).</summary>
    [Setting("How much of its capacity an edge shall use at most", Unit = "percent")]
    [Range(10, 100)]
    public int TargetUtilization { get; init; } = 88;

    /// <summary>Default none.</summary>
    [Setting("Targets of single dimensions",
        Allowed = "DIMENSION:PERCENT, with a dimension of allocations, relay-ports, packets-per-second, bits-per-second or shard-busy and 10 to 100")]
    public string[] Targets { get; init; } = [];

    /// <summary>Default none.</summary>
    [Setting("Times of the week at which there are at least, or at most, so many edges",
        Allowed = "DAYS FROM-TO ZONE min=N max=N, such as mon-fri 08:00-18:00 Europe/Berlin min=20; DAYS daily or some of mon,tue,wed,thu,fri,sat,sun")]
    public string[] Schedule { get; init; } = [];

    /// <summary>Default 5: reports come each second, and a rush is seen soon.</summary>
    [Setting("Time between two decisions", Unit = "seconds")]
    [Range(1, 60)]
    public int Interval { get; init; } = 5;

    /// <summary>Default 15: more than the time after which a silent edge is no longer a member.</summary>
    [Setting("Age from which an edge's report counts as none, and nothing is scaled in", Unit = "seconds")]
    [Range(2, 600)]
    public int MaxReportAge { get; init; } = 15;

    /// <summary>Default false.</summary>
    [Setting("Whether decisions are only made and shown, and not acted upon")]
    public bool DryRun { get; init; }

    public ScalingBufferOptions Buffer { get; init; } = new();

    public ScaleUpOptions ScaleUp { get; init; } = new();

    public ScaleDownOptions ScaleDown { get; init; } = new();
}

/// <summary>Section <c>ControlPlane:Scaling:Buffer</c>: capacity that is kept free, of which the largest counts.</summary>
public sealed class ScalingBufferOptions : ISettingsSection
{
    /// <summary>Default 1: one edge may fail.</summary>
    [Setting("Capacity that is kept free, as a number of edges")]
    [Range(0, 10_000)]
    public int Edges { get; init; } = 1;

    /// <summary>Default 0.</summary>
    [Setting("Capacity that is kept free, as a part of the load", Unit = "percent")]
    [Range(0, 1000)]
    public int Percent { get; init; }

    /// <summary>Default 180: a pod and, half of the time, a node for it.</summary>
    [Setting("How long a new edge takes to serve: capacity is kept free for what comes in this time as the load grows now; 0: none", Unit = "seconds")]
    [Range(0, 3600)]
    public int ProvisioningTime { get; init; } = 180;
}

/// <summary>Section <c>ControlPlane:Scaling:ScaleUp</c>.</summary>
public sealed class ScaleUpOptions : ISettingsSection
{
    /// <summary>Default 0: an edge too many costs money, one too few costs calls.</summary>
    [Setting("How much more must be needed than there is before edges are added", Unit = "percent")]
    [Range(0, 50)]
    public int Tolerance { get; init; }

    /// <summary>Default 0, as in a HorizontalPodAutoscaler.</summary>
    [Setting("The lowest recommendation of so long counts", Unit = "seconds")]
    [Range(0, 3600)]
    public int StabilizationWindowSeconds { get; init; }

    /// <summary>Default max.</summary>
    [Setting("Which of several policies counts: the one with the largest change or the smallest, or no scaling up at all")]
    public SelectPolicy SelectPolicy { get; init; } = SelectPolicy.Max;

    /// <summary>Default none: as much as is needed.</summary>
    [Setting("How much may be added in a time", Allowed = ScalingOptions.PoliciesForm)]
    public string[] Policies { get; init; } = [];
}

/// <summary>Section <c>ControlPlane:Scaling:ScaleDown</c>.</summary>
public sealed class ScaleDownOptions : ISettingsSection
{
    /// <summary>Default 5: less would drain and undrain one edge as the load breathes.</summary>
    [Setting("How much less must be needed than there is before edges are drained", Unit = "percent")]
    [Range(0, 50)]
    public int Tolerance { get; init; } = 5;

    /// <summary>Default 300, as in a HorizontalPodAutoscaler.</summary>
    [Setting("The highest recommendation of so long counts", Unit = "seconds")]
    [Range(0, 3600)]
    public int StabilizationWindowSeconds { get; init; } = 300;

    /// <summary>Default max.</summary>
    [Setting("Which of several policies counts: the one with the largest change or the smallest, or no scaling down at all")]
    public SelectPolicy SelectPolicy { get; init; } = SelectPolicy.Max;

    /// <summary>Default none: as many as are not needed. Draining ends no call.</summary>
    [Setting("How many may be drained in a time", Allowed = ScalingOptions.PoliciesForm)]
    public string[] Policies { get; init; } = [];
}
