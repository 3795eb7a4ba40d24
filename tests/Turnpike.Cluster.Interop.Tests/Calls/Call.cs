using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Turn;
using Turnpike.Sockets;

namespace Turnpike.Cluster.Interop.Calls;

/// <summary>One relayed call: a client with an allocation on an edge, and a peer that talks to the relayed address.</summary>
internal sealed class Call(Flow flow, DatagramSocket peer, SocketEndpoint edge, int edgeIndex)
{
    public Flow Flow { get; } = flow;

    /// <summary>The peer's socket, this call's alone: no other call's packets can fill it.</summary>
    public DatagramSocket Peer { get; } = peer;

    public SocketEndpoint Edge { get; } = edge;

    public int EdgeIndex { get; } = edgeIndex;

    /// <summary>Whether packets flow. A call whose refresh failed has none; it counts as failed.</summary>
    public bool IsUp => Flow.Allocation.Stage == AllocationStage.Ready;

    public bool HasFailed => Flow.Allocation.Stage == AllocationStage.Failed;

    public bool IsOver => Flow.Allocation.Stage == AllocationStage.Deleted;
}
