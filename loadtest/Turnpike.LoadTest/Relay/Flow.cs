using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;
using Turnpike.Sockets;

namespace Turnpike.LoadTest.Relay;

/// <summary>One allocation with the client socket that owns it and the relayed transport address it got.</summary>
internal sealed class Flow(int index, TurnAllocation allocation)
{
    public int Index { get; } = index;

    public TurnAllocation Allocation { get; } = allocation;

    public required DatagramSocket Socket { get; init; }

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
