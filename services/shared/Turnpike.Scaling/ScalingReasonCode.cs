namespace Turnpike.Scaling;

/// <summary>Why a decision is as it is.</summary>
public enum ScalingReasonCode
{
    /// <summary>The load needs about as many edges as there are.</summary>
    LoadFits,

    /// <summary>The load needs more edges.</summary>
    LoadNeedsMore,

    /// <summary>The load needs fewer edges.</summary>
    LoadNeedsFewer,

    /// <summary>Nobody knows what an edge can carry: there is none, or none says.</summary>
    CapacityUnknown,

    /// <summary>The fleet was not read lately: no scale-in.</summary>
    StaleSnapshot,

    /// <summary>Replicas that should be members are not: no scale-in.</summary>
    EdgesMissing,

    /// <summary>Edges have not told their load lately: no scale-in.</summary>
    EdgesSilent,

    /// <summary>Edges are without the store: no scale-in.</summary>
    EdgesDegraded,

    /// <summary>Edges tell a load that is no number: no scale-in.</summary>
    LoadUnreadable,

    /// <summary>Edges are of different sizes, and those that would stay might be too small: less scale-in.</summary>
    RemainingCapacity,

    /// <summary>A lower recommendation of the scale-up window holds it back.</summary>
    ScaleUpStabilization,

    /// <summary>A higher recommendation of the scale-down window holds it back.</summary>
    ScaleDownStabilization,

    /// <summary>No more may be added in this time.</summary>
    ScaleUpRate,

    /// <summary>No more may be removed in this time.</summary>
    ScaleDownRate,

    /// <summary>There is no scaling up.</summary>
    ScaleUpDisabled,

    /// <summary>There is no scaling down.</summary>
    ScaleDownDisabled,

    /// <summary>There must be no fewer.</summary>
    MinReplicas,

    /// <summary>There must be no more.</summary>
    MaxReplicas,

    /// <summary>A window of the schedule narrows the bounds.</summary>
    Schedule,

    /// <summary>Edges drain: they carry what they have, and give no capacity.</summary>
    EdgesDraining,

    /// <summary>Replicas are on their way already.</summary>
    EdgesArriving,

    /// <summary>Draining edges are taken back before any is started.</summary>
    Undrain,

    /// <summary>The cheapest edges are drained.</summary>
    Drain,

    /// <summary>Nobody acts on it.</summary>
    DryRun,
}
