using Turnpike.Protocol;
using Turnpike.Server;

namespace Turnpike.Edge.Transport;

/// <summary>Where the relay is, which is known once its sockets are bound.</summary>
/// <param name="RelayAddresses">Where relayed transport addresses live.</param>
/// <param name="MinPort">The first of their ports.</param>
/// <param name="MaxPort">The last of their ports.</param>
/// <param name="OwnAddresses">What the process itself listens on.</param>
/// <param name="NatDiscovery">NAT behaviour discovery; null where it is off.</param>
internal sealed record RelayPlaces(
    IReadOnlyList<RelayAddress> RelayAddresses,
    ushort MinPort,
    ushort MaxPort,
    IReadOnlyList<TransportAddress> OwnAddresses,
    NatDiscoveryPolicy? NatDiscovery)
{
    /// <summary>The relay addresses of this edge and of the others.</summary>
    /// <param name="fleet">Those of the others.</param>
    public RelayAddressMap Map(IReadOnlyList<FleetRelayAddress> fleet) => new(RelayAddresses, MinPort, MaxPort, fleet);
}

/// <summary>What the relay's shards are told from outside: by the settings alone, or by the settings and a cluster.</summary>
internal interface IRelayRules
{
    /// <summary>Counts the allocations of a shard.</summary>
    /// <param name="shard">Its number.</param>
    IQuotaGate QuotaOf(int shard);

    /// <summary>Allocations that a realm may have at once, over all edges; 0 = no limit.</summary>
    /// <param name="realm">Its name.</param>
    int AllocationLimitOf(string realm);

    /// <summary>Is told of the allocations of every shard.</summary>
    IAllocationObserver Observer { get; }

    /// <summary>The policy of a shard as it is now, for the places that were told last.</summary>
    /// <param name="shard">Its number.</param>
    ServerPolicy PolicyOf(int shard);

    /// <summary>Tells where the relay is; before anything else is asked for, and again when that changes.</summary>
    /// <param name="places">The places.</param>
    void UsePlaces(RelayPlaces places);

    /// <summary>The shards are there, in the order of their numbers: from now on they can be told what changes.</summary>
    /// <param name="shards">How to reach them.</param>
    void Serve(IReadOnlyList<IShardInbox> shards);

    /// <summary>The shards have ended.</summary>
    void Stop();
}
