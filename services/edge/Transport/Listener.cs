using Turnpike.Edge.Transport.Dtls;
using Turnpike.Protocol;
using Turnpike.Sockets;

namespace Turnpike.Edge.Transport;

/// <summary>One shard's socket of a listening address.</summary>
/// <param name="index">The way back to a client (<see cref="Turnpike.Server.FiveTuple.Path"/>).</param>
/// <param name="socket">The socket.</param>
/// <param name="isWildcard">Whether the server address of a 5-tuple differs from datagram to datagram.</param>
/// <param name="dtls">Who serves DTLS here; null where nobody does.</param>
/// <param name="isPlain">Whether STUN is served here without DTLS.</param>
internal sealed class Listener(int index, DatagramSocket socket, bool isWildcard, ShardDtls? dtls = null, bool isPlain = true)
{
    public int Index { get; } = index;

    public DatagramSocket Socket { get; } = socket;

    public bool IsWildcard { get; } = isWildcard;

    public ShardDtls? Dtls { get; } = dtls;

    public bool IsPlain { get; } = isPlain;

    public TransportAddress Local { get; } = socket.Local.ToTransportAddress();
}
