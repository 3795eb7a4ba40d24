using Turnpike.LoadTest.Scenarios;
using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;
using Turnpike.Sockets;

namespace Turnpike.LoadTest.Relay;

/// <summary>One allocation with the client that owns it, at a socket or over a connection, and the relayed transport address it got.</summary>
internal sealed class Flow(int index, TurnAllocation allocation)
{
    private readonly DatagramSocket? _socket;

    public int Index { get; } = index;

    public TurnAllocation Allocation { get; } = allocation;

    /// <exception cref="InvalidOperationException">The client has a connection.</exception>
    public DatagramSocket Socket
    {
        get => _socket ?? throw new InvalidOperationException("The client reaches the server over a connection.");
        init => _socket = value;
    }

    /// <summary>Which server it is at, and who sent it there.</summary>
    public Route Route { get => field ?? throw new InvalidOperationException("The client has no server."); init; }

    /// <summary>The connection; null over UDP.</summary>
    public StreamClient? Stream { get; init; }

    /// <summary>Whom this one replaced, or is to replace; packets that came through it are this one's.</summary>
    public Flow? Previous { get; set; }

    /// <summary>The client of a churn that this is; null for one that stays.</summary>
    public ChurnClient? Churn { get; set; }

    public SocketEndpoint Relayed { get; private set; }

    /// <summary>Called once the allocation is ready, so that the packet path compares kernel addresses only.</summary>
    public void TakeRelayedAddress()
    {
        TransportAddress relayed = Allocation.Relayed;
        Relayed = relayed.Family == AddressFamily.IPv4
            ? SocketEndpoint.IPv4((uint)relayed.Low, relayed.Port)
            : SocketEndpoint.IPv6(relayed.High, relayed.Low, relayed.Port);
    }
}
