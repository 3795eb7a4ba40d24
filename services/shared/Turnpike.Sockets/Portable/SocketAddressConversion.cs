using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Turnpike.Sockets.Portable;

/// <summary>
/// Between <see cref="SocketEndpoint"/> and the system's sockaddr. Every system has the port at 2, the IPv4 address at 4, the IPv6
/// address at 8 and its scope at 24; only the family differs, and that the framework's type writes and reads itself.
/// </summary>
internal static class SocketAddressConversion
{
    private const int PortOffset = 2;
    private const int IPv4Offset = 4;
    private const int IPv6Offset = 8;
    private const int ScopeOffset = 24;

    public static void Write(in SocketEndpoint endpoint, SocketAddress address)
    {
        Span<byte> bytes = address.Buffer.Span;
        SocketEndpoint copy = endpoint;
        ReadOnlySpan<byte> source = MemoryMarshal.AsBytes(new ReadOnlySpan<SocketEndpoint>(in copy));
        source[PortOffset..(PortOffset + 2)].CopyTo(bytes[PortOffset..]);
        if (endpoint.IsIPv4)
        {
            source[IPv4Offset..(IPv4Offset + 4)].CopyTo(bytes[IPv4Offset..]);
        }
        else
        {
            source[IPv6Offset..(ScopeOffset + 4)].CopyTo(bytes[IPv6Offset..]);
        }
    }

    public static SocketEndpoint Read(SocketAddress address)
    {
        ReadOnlySpan<byte> bytes = address.Buffer.Span;
        SocketEndpoint endpoint = address.Family == AddressFamily.InterNetworkV6 ? SocketEndpoint.IPv6(0, 0, 0) : SocketEndpoint.IPv4(0, 0);
        Span<byte> target = MemoryMarshal.AsBytes(new Span<SocketEndpoint>(ref endpoint));
        bytes[PortOffset..(PortOffset + 2)].CopyTo(target[PortOffset..]);
        if (endpoint.IsIPv4)
        {
            bytes[IPv4Offset..(IPv4Offset + 4)].CopyTo(target[IPv4Offset..]);
        }
        else
        {
            bytes[IPv6Offset..(ScopeOffset + 4)].CopyTo(target[IPv6Offset..]);
        }

        return endpoint;
    }
}
