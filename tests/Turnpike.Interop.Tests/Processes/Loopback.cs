using System.Net;
using System.Net.Sockets;

namespace Turnpike.Interop.Processes;

/// <summary>
/// Addresses and ports that no other test uses. Every server gets a loopback address of its own, so that neither the relay
/// ports of one server nor the system's ephemeral ports can take the port of another between choosing and binding it.
/// </summary>
internal static class Loopback
{
    private static int _last;

    public static IPAddress NextAddress()
    {
        int number = Interlocked.Increment(ref _last);
        int process = Environment.ProcessId;
        return new IPAddress([127, (byte)(1 + (process / 250 % 250)), (byte)(1 + (process % 250)), (byte)(1 + (number % 250))]);
    }

    /// <summary>An IPv4 UDP socket on a port of the system's choice: a peer of the test's own.</summary>
    public static Socket BoundSocket(IPAddress address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    }

    public static int FreeUdpPort(IPAddress address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public static int FreeTcpPort(IPAddress address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
