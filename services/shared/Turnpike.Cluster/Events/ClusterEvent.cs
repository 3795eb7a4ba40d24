using System.Diagnostics;
using System.Text.Json.Serialization;

namespace Turnpike.Cluster;

/// <summary>What happened.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EventKind>))]
public enum EventKind
{
    /// <summary>An allocation began.</summary>
    AllocationStarted,

    /// <summary>An allocation ended, with the reason and all that it relayed.</summary>
    AllocationEnded,

    /// <summary>A quota refused an allocation, or a byte quota is used up.</summary>
    QuotaReached,

    /// <summary>A credential, user, tag or realm was revoked.</summary>
    CredentialRevoked,

    /// <summary>An edge became a member.</summary>
    EdgeJoined,

    /// <summary>An edge left, or its heartbeats ended.</summary>
    EdgeLeft,

    /// <summary>An edge drains.</summary>
    EdgeDraining,
}

/// <summary>One entry of a realm's log; the log of <see cref="ClusterKeys.AllRealms"/> has what concerns no realm.</summary>
public sealed record ClusterEvent
{
    /// <summary>What happened.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)] // the first kind is the default value, which is left out elsewhere
    public required EventKind Kind { get; init; }

    /// <summary>The realm, or "" for what concerns the whole cluster.</summary>
    public string Realm { get; init; } = "";

    /// <summary>The user, where there is one.</summary>
    public string User { get; init; } = "";

    /// <summary>The credential's tag, where there is one.</summary>
    public string Tag { get; init; } = "";

    /// <summary>The edge's id.</summary>
    public string Edge { get; init; } = "";

    /// <summary>The allocation's id on its edge; 0: none.</summary>
    public long Allocation { get; init; }

    /// <summary>When, by the edge's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Why, where it has a reason.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The span of what the event tells of, whose trace the writing belongs to; default where that is not traced.</summary>
    [JsonIgnore]
    public ActivityContext Cause { get; init; }

    /// <summary>What an allocation that ended relayed in all.</summary>
    public UsageAmount? Totals { get; init; }
}
