namespace Turnpike.Scaling;

/// <summary>What an edge says of itself.</summary>
public enum EdgeState
{
    /// <summary>Takes new allocations.</summary>
    Ready,

    /// <summary>Takes none; those that exist go on.</summary>
    Draining,

    /// <summary>Cannot serve.</summary>
    NotReady,
}

/// <summary>Why an edge drains, or is about to: an order counts from when it is given, not from when the edge says so.</summary>
public enum EdgeDrain
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>To make the fleet smaller; may be taken back when load returns.</summary>
    ScaleIn,

    /// <summary>Somebody else wants it: an operator, or a node that is to go. It is still one of the replicas, and not the scaler's to take back.</summary>
    Ordered,

    /// <summary>Its process was told to end. It is no longer one of the replicas: whatever made it makes another one in its place.</summary>
    Ending,
}

/// <summary>An edge as the scaler sees it.</summary>
public sealed record FleetEdge
{
    /// <summary>Name and incarnation; what orders are given to.</summary>
    public required string Id { get; init; }

    /// <summary>The same after a restart; that of its pod.</summary>
    public string Name { get; init; } = "";

    /// <summary>What it says of itself.</summary>
    public EdgeState State { get; init; }

    /// <summary>Whether it shall drain, and why.</summary>
    public EdgeDrain Drain { get; init; }

    /// <summary>Whether it was without the store a moment ago.</summary>
    public bool Degraded { get; init; }

    /// <summary>It is to go before others, whatever it carries: its node is to go, or its version is not the wanted one.</summary>
    public bool GoesFirst { get; init; }

    /// <summary>When it last told its load; null: never.</summary>
    public DateTimeOffset? ReportedAt { get; init; }

    /// <summary>What it can carry; what is not a number above 0 is not known.</summary>
    public Figures Capacity { get; init; }

    /// <summary>What it carries.</summary>
    public Figures Load { get; init; }
}
