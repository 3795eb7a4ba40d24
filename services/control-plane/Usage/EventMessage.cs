using Google.Protobuf.WellKnownTypes;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Fleet;

namespace Turnpike.ControlPlane.Usage;

/// <summary>Events and amounts of use, in the words of the API.</summary>
internal static class EventMessage
{
    /// <param name="entry">The event.</param>
    /// <param name="token">Of its place in its realm's log, which names it.</param>
    public static Event Of(ClusterEvent entry, string token) => new()
    {
        Id = token,
        Kind = entry.Kind switch
        {
            EventKind.AllocationStarted => Event.Types.Kind.AllocationStarted,
            EventKind.AllocationEnded => Event.Types.Kind.AllocationEnded,
            EventKind.QuotaReached => Event.Types.Kind.QuotaReached,
            EventKind.CredentialRevoked => Event.Types.Kind.CredentialRevoked,
            EventKind.EdgeJoined => Event.Types.Kind.EdgeJoined,
            EventKind.EdgeLeft => Event.Types.Kind.EdgeLeft,
            EventKind.EdgeDraining => Event.Types.Kind.EdgeDraining,
            _ => Event.Types.Kind.Unspecified,
        },
        EventTime = Timestamp.FromDateTimeOffset(entry.At),
        Realm = entry.Realm,
        User = entry.User,
        Tag = entry.Tag,
        Edge = entry.Edge.Length == 0 ? "" : EdgeName.Of(entry.Edge),
        Allocation = entry.Allocation == 0 || entry.Edge.Length == 0 ? "" : EdgeName.Of(entry.Edge, entry.Allocation),
        Reason = entry.Reason,
        Totals = entry.Totals is { } totals ? Of(totals) : null,
    };

    public static UsageTotals Of(UsageAmount amount) => new()
    {
        BytesToPeers = amount.BytesToPeers,
        BytesToClients = amount.BytesToClients,
        PacketsToPeers = amount.PacketsToPeers,
        PacketsToClients = amount.PacketsToClients,
        Allocations = amount.Allocations,
        AllocationTime = new Duration { Seconds = amount.AllocationSeconds },
    };
}
