using System.Net;
using System.Net.Sockets;

namespace Turnpike.Edge.Transport.TcpRelay;

/// <summary>
/// Connections that leave from a port that listens (RFC 6062 section 5.2). The kernel lets several sockets have one port if all
/// of them say so, which the listening one does only after it was bound: so it never shares a port with another program's.
/// </summary>
internal static class SharedPort
{
    // asm-generic/socket.h, and sys/socket.h of the BSDs.
    private const int LinuxSocketLevel = 1;
    private const int LinuxReusePort = 15;
    private const int BsdSocketLevel = 0xFFFF;
    private const int BsdReusePort = 0x0200;

    private static readonly byte[] One = BitConverter.GetBytes(1);

    /// <summary>Lets sockets that are bound from now on share the socket's port.</summary>
    public static void Allow(Socket socket)
    {
        if (OperatingSystem.IsLinux())
        {
            socket.SetRawSocketOption(LinuxSocketLevel, LinuxReusePort, One);
        }
        else if (OperatingSystem.IsMacOS() || OperatingSystem.IsFreeBSD())
        {
            socket.SetRawSocketOption(BsdSocketLevel, BsdReusePort, One);
        }
    }

    /// <summary>Binds a socket to the listening address; where the system does not share ports, to another port of its address.</summary>
    public static void Bind(Socket socket, IPEndPoint listening)
    {
        try
        {
            Allow(socket);
            socket.Bind(listening);
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            socket.Bind(new IPEndPoint(listening.Address, 0));
        }
    }
}
