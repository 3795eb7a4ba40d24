using System.Net;
using Turnpike.Edge.Management;

namespace Turnpike.Edge;

public enum RelayState
{
    Starting,
    Ready,
    Draining,
    Stopped,
}

/// <summary>What the rest of the process knows of the relay: its state, its counters, and how to make it wind down.</summary>
public interface IRelay
{
    RelayState State { get; }

    /// <summary>One sentence; null when ready.</summary>
    string? NotReadyReason { get; }

    /// <summary>Allocations that live now.</summary>
    long Allocations { get; }

    /// <summary>TURN URLs as clients use them: <c>turn:127.0.0.1:3478?transport=udp</c>.</summary>
    IReadOnlyList<string> ListenerUrls { get; }

    /// <summary>Where relayed transport addresses are, as peers know them.</summary>
    IReadOnlyList<IPAddress> RelayAddresses { get; }

    /// <summary>Processor time that each shard has used so far.</summary>
    IReadOnlyList<TimeSpan> ShardBusyTimes { get; }

    /// <summary>Refuses new allocations from now on; existing ones go on. May be called again.</summary>
    /// <param name="left">After what time the caller ends what is left; no lifetime goes beyond it. Null: never.</param>
    void BeginDrain(TimeSpan? left = null);

    /// <summary>The same by order of the cluster, which may be taken back; what <see cref="BeginDrain"/> began goes on.</summary>
    /// <param name="drain">Whether to drain.</param>
    /// <param name="left">As for <see cref="BeginDrain"/>; may be told anew each time.</param>
    void DrainByOrder(bool drain, TimeSpan? left = null);

    /// <summary>Ends allocations by order; ids that are none are passed over.</summary>
    void EndAllocations(IReadOnlyList<long> ids);

    /// <summary>Ends all allocations by order.</summary>
    void EndAllAllocations();

    /// <summary>Sums the shards' counters. Called once a scrape.</summary>
    RelaySnapshot Read();
}

/// <summary>The relay's counters at one moment; totals count from the start of the process.</summary>
/// <param name="Requests">By method ("allocate") and code ("success", "401").</param>
/// <param name="Drops">Every drop reason, also those at zero.</param>
/// <param name="SocketSendDrops">By reason.</param>
public sealed record RelaySnapshot(
    IReadOnlyList<RequestCount> Requests,
    IReadOnlyList<NamedCount> Drops,
    long Allocations,
    long AllocationsCreated,
    long AllocationsEnded,
    Traffic ClientToPeer,
    Traffic PeerToClient,
    long RelayPortsUsed,
    long RelayPortsTotal,
    long SocketReceiveDrops,
    IReadOnlyList<NamedCount> SocketSendDrops,
    int Shards)
{
    /// <summary>The allocations that live now, every transport and family.</summary>
    public IReadOnlyList<AllocationKindCount> AllocationKinds { get; init; } = [];

    /// <summary>Every reason, also those at zero.</summary>
    public IReadOnlyList<NamedCount> AuthenticationFailures { get; init; } = [];

    /// <summary>Every limit, also those at zero.</summary>
    public IReadOnlyList<NamedCount> QuotaRejections { get; init; } = [];

    /// <summary>Every rule of the peer policy, also those at zero.</summary>
    public IReadOnlyList<NamedCount> PeersDenied { get; init; } = [];

    /// <summary>What was relayed, by direction and path.</summary>
    public IReadOnlyList<PathTraffic> Paths { get; init; } = [];

    /// <summary>The realms that are counted by name, and the others together.</summary>
    public IReadOnlyList<RealmSnapshot> Realms { get; init; } = [];

    /// <summary>Unix time in seconds at which the drain ends; null where there is none, or it has no end.</summary>
    public long? DrainEndsAt { get; init; }

    /// <summary>The rates of whoever reads, since they read last.</summary>
    public RelayLoad Load { get; init; } = RelayLoad.None;

    public StreamSnapshot Streams { get; init; } = new([], [], null);

    /// <summary>Moves of an allocation to another address of its client (RFC 8016).</summary>
    public long AllocationsMoved { get; init; }

    /// <summary>ICMP errors about peers that were passed on to clients (RFC 8656 section 11.5).</summary>
    public long IcmpToClients { get; init; }

    /// <summary>5-tuples of moved clients that are handed on from one shard to another now.</summary>
    public long MovedClients { get; init; }

    /// <summary>TCP connections with peers that are open or being made now.</summary>
    public long PeerConnections { get; init; }

    public DtlsSnapshot Dtls { get; init; } = new([], 0, 0);
}

/// <summary>The TCP and TLS clients of the relay.</summary>
/// <param name="Open">Connections open now, by transport.</param>
/// <param name="Closed">Connections closed so far, every reason.</param>
/// <param name="CertificateExpiresAt">Seconds of Unix time; null where there is no certificate.</param>
public sealed record StreamSnapshot(IReadOnlyList<NamedCount> Open, IReadOnlyList<NamedCount> Closed, long? CertificateExpiresAt);

/// <summary>The DTLS clients of the relay.</summary>
/// <param name="Handshakes">Handshakes that have ended, by result.</param>
/// <param name="HelloVerifyRequests">Clients that were asked to prove their address.</param>
/// <param name="Sessions">Sessions that live now.</param>
public sealed record DtlsSnapshot(IReadOnlyList<NamedCount> Handshakes, long HelloVerifyRequests, long Sessions);

public readonly record struct RequestCount(string Method, string Code, long Count);

public readonly record struct NamedCount(string Name, long Count);

public readonly record struct Traffic(long Packets, long Bytes);

/// <summary>Allocations of one kind.</summary>
/// <param name="Transport">How their clients come in: <c>udp</c>.</param>
/// <param name="Family">The families that they relay: <c>ipv4</c>, <c>ipv6</c> or <c>dual</c>.</param>
/// <param name="Count">How many.</param>
public readonly record struct AllocationKindCount(string Transport, string Family, long Count);

/// <summary>What went one way in one direction.</summary>
/// <param name="Direction">One of the two.</param>
/// <param name="Path"><c>channel</c>, <c>indication</c>, or <c>connection</c>, which has bytes only.</param>
/// <param name="Packets">Datagrams.</param>
/// <param name="Bytes">Payload bytes.</param>
public readonly record struct PathTraffic(string Direction, string Path, long Packets, long Bytes)
{
    public const string ClientToPeer = "client_to_peer";
    public const string PeerToClient = "peer_to_client";
    public const string Connection = "connection";
}

/// <summary>What one realm holds and has relayed.</summary>
/// <param name="Name">Its name, or that of the others together.</param>
/// <param name="Allocations">Those that live now.</param>
/// <param name="BytesToPeers">Payload bytes from clients to peers.</param>
/// <param name="BytesToClients">Payload bytes from peers to clients.</param>
/// <param name="QuotaRejections">What was refused because of a limit.</param>
public readonly record struct RealmSnapshot(string Name, long Allocations, long BytesToPeers, long BytesToClients, long QuotaRejections)
{
    /// <summary>Allocations that it may have in all; 0 = no limit, or several realms.</summary>
    public int Limit { get; init; }
}
