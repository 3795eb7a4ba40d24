using System.Text.Json;

namespace Turnpike.Scaling;

/// <summary>Which way a decision goes.</summary>
public enum ScalingAction
{
    /// <summary>All stays as it is.</summary>
    None,

    /// <summary>Edges are to be undrained or started.</summary>
    ScaleUp,

    /// <summary>Edges are to be drained.</summary>
    ScaleDown,
}

/// <summary>How many edges there should be, which ones go or come back, and why.</summary>
public sealed record ScalingDecision
{
    /// <summary>When it was made.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Which way it goes.</summary>
    public ScalingAction Action { get; init; }

    /// <summary>Replicas now, those that drain among them.</summary>
    public int Current { get; init; }

    /// <summary>Replicas now that do not drain: <see cref="Current"/> without those that do. What <see cref="Desired"/> is compared with.</summary>
    public int InService { get; init; }

    /// <summary>Edges that should be in service.</summary>
    public int Desired { get; init; }

    /// <summary>
    /// Replicas that the workload should have: <see cref="Desired"/> and those that drain and are not taken back. On the way down it is
    /// reached only as drained edges are empty: whoever acts drains, waits, and lowers the replicas one by one.
    /// </summary>
    public int Replicas { get; init; }

    /// <summary>Edges that the load and the buffer need, before any bound or rule; null: nobody can know.</summary>
    public double? Needed { get; init; }

    /// <summary>Edges to be taken back into service, in this order, before any is started.</summary>
    public IReadOnlyList<string> Undrain { get; init; } = [];

    /// <summary>Replicas on their way that are not needed any more: nobody is on them, so they go before any edge drains.</summary>
    public IReadOnlyList<string> Withdraw { get; init; } = [];

    /// <summary>Edges to be drained: the first of <see cref="Victims"/>.</summary>
    public IReadOnlyList<string> Drain { get; init; } = [];

    /// <summary>Every edge that could be drained, the cheapest first.</summary>
    public IReadOnlyList<string> Victims { get; init; } = [];

    /// <summary>Why, in the order in which it was found.</summary>
    public IReadOnlyList<ScalingReason> Reasons { get; init; } = [];

    /// <summary>Bounds and rules that made the answer another one than the load alone would have: codes among <see cref="Reasons"/>.</summary>
    public IReadOnlyList<ScalingReasonCode> Limits { get; init; } = [];

    /// <summary>The figures of each dimension.</summary>
    public IReadOnlyList<DimensionFigures> Dimensions { get; init; } = [];

    /// <summary>Whether what is known of the fleet was good enough to scale in by.</summary>
    public bool CanScaleDown { get; init; }

    /// <summary>Nobody is to act on it.</summary>
    public bool DryRun { get; init; }

    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ScalingJson.Default.ScalingDecision);

    /// <summary>Reads one; null where it cannot be read.</summary>
    public static ScalingDecision? FromJson(string? json) => ScalingJson.Read(json, ScalingJson.Default.ScalingDecision);
}

/// <summary>One reason.</summary>
/// <param name="Code">For programs.</param>
/// <param name="Words">For people.</param>
public readonly record struct ScalingReason(ScalingReasonCode Code, string Words);

/// <summary>One dimension of the fleet.</summary>
/// <param name="Dimension">Which.</param>
/// <param name="Load">Load of all edges, those that drain included.</param>
/// <param name="Capacity">Capacity of the edges in service.</param>
/// <param name="EdgeCapacity">Capacity of one edge, on average; null: not known, and the dimension is not counted.</param>
/// <param name="Growth">Growth of the load a second, smoothed.</param>
/// <param name="Buffer">What is kept free.</param>
/// <param name="Target">Part of its capacity that an edge shall use.</param>
/// <param name="Needed">Edges that it needs; null where the capacity is not known.</param>
public sealed record DimensionFigures(
    Dimension Dimension, double Load, double Capacity, double? EdgeCapacity, double Growth, double Buffer, double Target, double? Needed)
{
    /// <summary>Load as a part of the capacity of the edges in service; 0 where that is not known.</summary>
    public double Utilization => Capacity > 0 ? Load / Capacity : 0;
}
