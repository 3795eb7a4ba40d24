using System.Net;
using System.Net.Sockets;
using Turnpike.Edge.Options;

namespace Turnpike.Edge.Transport.Streams;

/// <summary>
/// A listening address for TCP and TLS. The socket is bound and listens before Kestrel, which accepts from it, is started: the
/// real port is known in time for the peer policy, and a port in use is reported as the listener's own problem.
/// </summary>
/// <param name="index">Its position in Edge:Listeners.</param>
/// <param name="settings">What the operator wrote.</param>
internal sealed class StreamListener(int index, ListenerEndpoint settings) : IDisposable
{
    // As many as Linux lets by default; clients beyond it try again by themselves.
    private const int Backlog = 4096;

    // A dead client is found out within two minutes; a NAT forgets an idle connection later than that (RFC 5382 section 5).
    private const int KeepAliveSeconds = 60;
    private const int KeepAliveIntervalSeconds = 15;
    private const int KeepAliveProbes = 4;
    private const int UserTimeoutMilliseconds = 60_000;
    private const int NotSentBytes = 65_536;

    // linux/tcp.h
    private const int TcpLevel = 6;
    private const int TcpUserTimeout = 18;
    private const int TcpNotSentLowWater = 25;

    private Socket? _socket;

    public int Index { get; } = index;

    public ListenerEndpoint Settings { get; } = settings;

    /// <summary>What Kestrel is told to listen on: finds its way back to this listener.</summary>
    public IPEndPoint KestrelEndpoint { get; } = new ListenerPoint(settings.Endpoint);

    /// <summary>The bound address, with the real port.</summary>
    public IPEndPoint Bound => (IPEndPoint)_socket!.LocalEndPoint!;

    /// <exception cref="SocketException">The address cannot be had.</exception>
    public void Bind()
    {
        var socket = new Socket(Settings.Endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (socket.AddressFamily == AddressFamily.InterNetworkV6)
            {
                // As the UDP listeners: [::] is IPv6 alone, so that 0.0.0.0 may stand beside it.
                socket.DualMode = false;
            }

            NoticeDeadClients(socket);
            socket.Bind(Settings.Endpoint);
            socket.Listen(Backlog);
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }

        _socket = socket;
        ((ListenerPoint)KestrelEndpoint).Socket = socket;
    }

    public void Dispose() => _socket?.Dispose();

    /// <summary>For Kestrel's socket transport: the socket that is bound already, or a new one for addresses that are not ours.</summary>
    public static Socket Take(EndPoint endpoint) => endpoint is ListenerPoint { Socket: { } bound }
        ? bound
        : Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets.SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);

    /// <summary>Options that accepted connections inherit.</summary>
    private static void NoticeDeadClients(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveIntervalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
        if (OperatingSystem.IsLinux())
        {
            // A client that takes nothing for this long is gone, whatever its window says; its socket and buffers must not stay.
            socket.SetRawSocketOption(TcpLevel, TcpUserTimeout, BitConverter.GetBytes(UserTimeoutMilliseconds));

            // What the kernel has queued is too late to be dropped; so it queues little, and the backlog decides.
            socket.SetRawSocketOption(TcpLevel, TcpNotSentLowWater, BitConverter.GetBytes(NotSentBytes));
        }
    }

    private sealed class ListenerPoint(IPEndPoint endpoint) : IPEndPoint(endpoint.Address, endpoint.Port)
    {
        public Socket? Socket { get; set; }
    }
}
