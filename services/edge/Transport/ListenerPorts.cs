using System.Net.Sockets;
using Turnpike.Sockets;

namespace Turnpike.Edge.Transport;

/// <summary>
/// The shards' sockets share their port, and the kernel lets another process of the same user join: each would get a part of the other's
/// clients, and neither would notice. So it is looked first whether somebody is there.
/// </summary>
internal static class ListenerPorts
{
    /// <summary>Before anything of this process listens there: success, or why nobody else may.</summary>
    /// <param name="endpoint">The place; one whose port is the system's choice is always free.</param>
    public static SocketError Look(in SocketEndpoint endpoint)
    {
        if (endpoint.Port == 0)
        {
            return SocketError.Success;
        }
        using DatagramReactor probe = DatagramReactor.Create();
        probe.TryOpen(endpoint, new DatagramSocketOptions(), state: null, out _, out SocketError error);
        return error;
    }
}
