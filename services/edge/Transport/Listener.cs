using Turnpike.Protocol;
using Turnpike.Sockets;

namespace Turnpike.Edge.Transport;

/// <summary>One shard's socket of a listening address.</summary>
/// <param name="index">The way back to a client (<see cref="Turnpike.Server.FiveTuple.Path"/>).</param>
/// <param name="socket">The socket.</param>
/// <param name="isWildcard">Whether the server address of a 5-tuple differs from datagram to datagram.</param>
internal sealed class Listener(int index, DatagramSocket socket, bool isWildcard)
{
    public int Index { get; } = index;

    public DatagramSocket Socket { get; } = socket;

    public bool IsWildcard { get; } = isWildcard;

    public TransportAddress Local { get; } = socket.Local.ToTransportAddress();
}
