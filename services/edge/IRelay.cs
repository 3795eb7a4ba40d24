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

    /// <summary>Refuses new allocations from now on; existing ones go on. May be called again without effect.</summary>
    void BeginDrain();

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
    int Shards);

public readonly record struct RequestCount(string Method, string Code, long Count);

public readonly record struct NamedCount(string Name, long Count);

public readonly record struct Traffic(long Packets, long Bytes);
