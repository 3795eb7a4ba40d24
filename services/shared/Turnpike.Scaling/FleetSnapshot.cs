namespace Turnpike.Scaling;

/// <summary>The fleet at one moment: all that a decision is made from, beside the policy and what is remembered.</summary>
public sealed record FleetSnapshot
{
    /// <summary>When the edges were read from the store.</summary>
    public required DateTimeOffset ReadAt { get; init; }

    /// <summary>Whether the reader takes them for what is true now. False: nothing is scaled in.</summary>
    public required bool IsFresh { get; init; }

    /// <summary>Edges that are members, those that drain among them.</summary>
    public IReadOnlyList<FleetEdge> Edges { get; init; } = [];

    /// <summary>
    /// What the workload is told to have (<c>spec.replicas</c>), edges that drain among them but those whose process ends. Null: nobody
    /// tells, and the edges that are members are taken for it.
    /// </summary>
    public int? Replicas { get; init; }

    /// <summary>
    /// Replicas on their way: pods that exist or will, and never were a member. One that was, and is silent, is not on its way but
    /// missing: it may carry calls.
    /// </summary>
    public IReadOnlyList<string> Arriving { get; init; } = [];
}
