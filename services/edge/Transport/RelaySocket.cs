using Turnpike.Protocol;
using Turnpike.Server;
using Turnpike.Sockets;

namespace Turnpike.Edge.Transport;

/// <summary>A relayed transport address: one UDP socket, which belongs to the shard that owns the allocation.</summary>
internal sealed class RelaySocket(DatagramSocket socket, RelayInterface on, in TransportAddress local, in TransportAddress address)
    : Relay(local, address)
{
    public DatagramSocket Socket { get; } = socket;

    public RelayInterface Interface { get; } = on;

    protected override void OnPermitted() => Socket.Prepare();
}
