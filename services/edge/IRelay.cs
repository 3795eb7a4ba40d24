using System.Net;

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
