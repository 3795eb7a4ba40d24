using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>Addresses that the tests speak of. The peers are in no special-purpose range; nothing is ever sent to them.</summary>
internal static class Addresses
{
    public static readonly TransportAddress Server = Parse("20.0.0.1:3478");
    public static readonly TransportAddress ServerV6 = Parse("[2a00:1450::1]:3478");
    public static readonly TransportAddress Client = Parse("93.184.216.34:40000");
    public static readonly TransportAddress ClientV6 = Parse("[2a02:6b8::1]:40000");
    public static readonly TransportAddress Peer = Parse("8.8.8.8:5000");
    public static readonly TransportAddress OtherPeer = Parse("9.9.9.9:5001");
    public static readonly TransportAddress PeerV6 = Parse("[2606:4700::1111]:5000");

    public static TransportAddress Parse(string text) =>
        TransportAddress.TryParse(text, out TransportAddress address) ? address : throw new FormatException(text);

    /// <summary>The n-th of many peers.</summary>
    public static TransportAddress PeerNumber(int n) => TransportAddress.IPv4(0x0801_0000u + (uint)n, 6000);

    /// <summary>An address without a port, as CIDR rules and lists write it.</summary>
    public static TransportAddress Ip(string text, ushort port = 5000) =>
        TransportAddress.From(System.Net.IPAddress.Parse(text), port);

    public static FiveTuple TupleOf(TransportAddress client, ClientTransport transport = ClientTransport.Udp) => new(
        client, client.Family == AddressFamily.IPv6 ? ServerV6 : Server, transport);
}
