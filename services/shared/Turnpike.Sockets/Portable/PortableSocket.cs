using System.Net;
using System.Net.Sockets;

namespace Turnpike.Sockets.Portable;

/// <summary>A <see cref="Socket"/> with what the portable reactor keeps about it.</summary>
internal sealed class PortableSocket : DatagramSocket
{
    // SIO_UDP_CONNRESET: on Windows a port-unreachable answer would otherwise fail the next receive.
    private const int WindowsConnectionReset = unchecked((int)0x9800000C);

    private PortableSocket(Socket socket, in SocketEndpoint local, bool packetInfo, object? state)
        : base(local, state)
    {
        Socket = socket;
        PacketInfo = packetInfo;
    }

    public Socket Socket { get; }

    public bool PacketInfo { get; }

    public override int GrantedReceiveBuffer => IsClosed ? 0 : Granted(Socket.ReceiveBufferSize);

    public override int GrantedSendBuffer => IsClosed ? 0 : Granted(Socket.SendBufferSize);

    public static bool TryOpen(
        in SocketEndpoint local, DatagramSocketOptions options, object? state, out PortableSocket? opened, out SocketError error)
    {
        opened = null;
        if (!local.IsIPv4 && !local.IsIPv6)
        {
            error = SocketError.AddressFamilyNotSupported;
            return false;
        }

        Socket? socket = null;
        try
        {
            socket = new Socket(
                local.IsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            Configure(socket, local.IsIPv6, options);
            socket.Bind(local.ToIPEndPoint());
            opened = new PortableSocket(socket, SocketEndpoint.From((IPEndPoint)socket.LocalEndPoint!), options.ReceivePacketInfo, state);
            error = SocketError.Success;
            return true;
        }
        catch (SocketException exception)
        {
            socket?.Dispose();
            error = exception.SocketErrorCode;
            return false;
        }
    }

    private static void Configure(Socket socket, bool isIPv6, DatagramSocketOptions options)
    {
        socket.Blocking = false;
        if (options.ReusePort)
        {
            // On Unix the framework sets SO_REUSEPORT with it.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        }

        if (isIPv6)
        {
            socket.DualMode = !options.IPv6Only;
        }
        else
        {
            socket.DontFragment = false;
        }

        if (options.ReceivePacketInfo)
        {
            socket.SetSocketOption(
                isIPv6 ? SocketOptionLevel.IPv6 : SocketOptionLevel.IP, SocketOptionName.PacketInformation, true);
        }

        if (options.ReceiveBuffer > 0)
        {
            socket.ReceiveBufferSize = options.ReceiveBuffer;
        }

        if (options.SendBuffer > 0)
        {
            socket.SendBufferSize = options.SendBuffer;
        }

        if (OperatingSystem.IsWindows())
        {
            socket.IOControl(WindowsConnectionReset, [0, 0, 0, 0], null);
        }
    }

    private static int Granted(int reported) => OperatingSystem.IsLinux() ? reported / 2 : reported;
}
