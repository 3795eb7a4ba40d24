using Turnpike.Protocol;
using Turnpike.Sockets;

namespace Turnpike.Edge.Transport;

/// <summary>Between the kernel's form of an address and the protocol's.</summary>
internal static class AddressConversion
{
    public static TransportAddress ToTransportAddress(this in SocketEndpoint endpoint) =>
        endpoint.IsIPv4
            ? TransportAddress.IPv4(endpoint.IPv4Address, endpoint.Port)
            : TransportAddress.IPv6(endpoint.IPv6High, endpoint.IPv6Low, endpoint.Port, endpoint.ScopeId);

    public static SocketEndpoint ToSocketEndpoint(this in TransportAddress address) =>
        address.Family == AddressFamily.IPv4
            ? SocketEndpoint.IPv4((uint)address.Low, address.Port)
            : SocketEndpoint.IPv6(address.High, address.Low, address.Port, address.ScopeId);
}
