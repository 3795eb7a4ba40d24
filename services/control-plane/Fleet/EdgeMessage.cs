using Google.Protobuf.WellKnownTypes;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using EdgeCapacity = Turnpike.Contracts.V1.EdgeCapacity;
using EdgeLoad = Turnpike.Contracts.V1.EdgeLoad;

namespace Turnpike.ControlPlane.Fleet;

/// <summary>What edges say of themselves, in the words of the API.</summary>
internal static class EdgeMessage
{
    public static Edge Of(EdgeRecord edge) => new()
    {
        Name = EdgeName.Of(edge.Id),
        DisplayName = edge.Name,
        Region = edge.Region,
        State = edge.State switch
        {
            "ready" => Edge.Types.State.Ready,
            "draining" => Edge.Types.State.Draining,
            _ => Edge.Types.State.NotReady,
        },
        Degraded = edge.Degraded,
        Urls = { edge.Urls },
        RelayAddresses = { edge.RelayAddresses },
        Capacity = new EdgeCapacity
        {
            Allocations = edge.Capacity.Allocations,
            RelayPorts = edge.Capacity.RelayPorts,
            PacketsPerSecond = edge.Capacity.PacketsPerSecond,
            BitsPerSecond = edge.Capacity.BitsPerSecond,
        },
        Load = new EdgeLoad
        {
            Allocations = edge.Load.Allocations,
            RelayPorts = edge.Load.RelayPortsUsed,
            PacketsPerSecond = edge.Load.PacketsPerSecond,
            BitsPerSecond = edge.Load.BitsPerSecond,
            ShardBusy = edge.Load.ShardBusy,
        },
        Saturation = Saturation.Of(edge),
        StartTime = Time(edge.StartedAt),
        ReportTime = edge.Load.ReportedAt == 0 ? null : Time(edge.Load.ReportedAt),
        Version = edge.Version,
    };

    public static Allocation Of(string edge, AllocationRecord allocation) => new()
    {
        Name = EdgeName.Of(edge, allocation.Id),
        Realm = allocation.Realm,
        User = allocation.User,
        Tag = allocation.Tag,
        Transport = allocation.Transport,
        ClientAddress = allocation.Client,
        RelayedAddresses = { allocation.Relayed },
        StartTime = Timestamp.FromDateTimeOffset(DateTimeOffset.FromUnixTimeMilliseconds(allocation.StartedAt)),
        Counters = new UsageCounters
        {
            BytesToPeers = allocation.Used.BytesToPeers,
            BytesToClient = allocation.Used.BytesToClients,
            PacketsToPeers = allocation.Used.PacketsToPeers,
            PacketsToClient = allocation.Used.PacketsToClients,
        },
    };

    private static Timestamp Time(long unixSeconds) => Timestamp.FromDateTimeOffset(DateTimeOffset.FromUnixTimeSeconds(unixSeconds));
}
