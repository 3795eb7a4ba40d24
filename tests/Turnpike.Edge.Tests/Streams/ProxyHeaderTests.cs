using System.Text;
using Turnpike.Edge.Options;
using Turnpike.Edge.Transport.Streams;
using Turnpike.Protocol;

namespace Turnpike.Edge.Tests.Streams;

public sealed class ProxyHeaderTests
{
    private static readonly byte[] Signature = "\r\n\r\n\0\r\nQUIT\n"u8.ToArray();

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n", "192.0.2.7:4711")]
    [InlineData("PROXY TCP6 2001:db8::7 2001:db8::1 65535 0\r\n", "[2001:db8::7]:65535")]
    public void Version_1_names_the_client(string line, string client)
    {
        Assert.Equal(ProxyHeaderResult.Proxied, Read(Encoding.ASCII.GetBytes(line + "rest"), ProxyProtocol.V1, out string read, out int length));
        Assert.Equal(client, read);
        Assert.Equal(line.Length, length);
    }

    [Theory]
    [InlineData("PROXY UNKNOWN\r\n")]
    [InlineData("PROXY UNKNOWN ffff:f...f:ffff whatever 99999\r\n")]
    public void Version_1_UNKNOWN_keeps_the_connections_own_address(string line)
    {
        Assert.Equal(ProxyHeaderResult.Own, Read(Encoding.ASCII.GetBytes(line), ProxyProtocol.V1, out _, out int length));
        Assert.Equal(line.Length, length);
    }

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 4711 443 \r\n")]
    [InlineData("PROXY TCP4  192.0.2.7 198.51.100.1 4711 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 4711\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 65536 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 04711 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 -1 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.007 198.51.100.1 4711 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2 198.51.100.1 4711 443\r\n")]
    [InlineData("PROXY TCP4 2001:db8::7 198.51.100.1 4711 443\r\n")]
    [InlineData("PROXY TCP6 192.0.2.7 198.51.100.1 4711 443\r\n")]
    [InlineData("PROXY TCP6 [2001:db8::7] 2001:db8::1 4711 443\r\n")]
    [InlineData("PROXY TCP5 192.0.2.7 198.51.100.1 4711 443\r\n")]
    [InlineData("PROXY \r\n")]
    [InlineData("proxy TCP4 192.0.2.7 198.51.100.1 4711 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\n                                                                                    ")]
    [InlineData("GET / HTTP/1.1\r\n")]
    public void A_malformed_line_is_refused(string line) =>
        Assert.Equal(ProxyHeaderResult.Malformed, Read(Encoding.ASCII.GetBytes(line), ProxyProtocol.Any, out _, out _));

    [Fact]
    public void Version_1_may_arrive_byte_by_byte()
    {
        byte[] line = "PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n"u8.ToArray();
        for (int length = 0; length < line.Length; length++)
        {
            Assert.Equal(ProxyHeaderResult.NeedMore, Read(line[..length], ProxyProtocol.Any, out _, out _));
        }
    }

    [Fact]
    public void Version_2_names_the_client_and_its_extensions_are_skipped()
    {
        byte[] ipv4 = Header(0x21, 0x11, [192, 0, 2, 7, 198, 51, 100, 1, 0x12, 0x67, 1, 0xBB, /* a TLV */ 4, 0, 1, 9]);
        Assert.Equal(ProxyHeaderResult.Proxied, Read([.. ipv4, 1, 2], ProxyProtocol.V2, out string client, out int length));
        Assert.Equal("192.0.2.7:4711", client);
        Assert.Equal(ipv4.Length, length);

        byte[] source = [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
        byte[] ipv6 = Header(0x21, 0x21, [.. source, .. source, 0x12, 0x67, 1, 0xBB]);
        Assert.Equal(ProxyHeaderResult.Proxied, Read(ipv6, ProxyProtocol.Any, out client, out _));
        Assert.Equal("[2001:db8::7]:4711", client);
    }

    [Theory]
    [InlineData(0x20, 0x00, 0)] // LOCAL
    [InlineData(0x20, 0x11, 12)] // LOCAL with addresses
    [InlineData(0x20, 0xFF, 3)] // LOCAL: the family is ignored
    [InlineData(0x21, 0x00, 0)] // UNSPEC
    [InlineData(0x21, 0x31, 216)] // a Unix socket
    public void Version_2_LOCAL_and_UNSPEC_keep_the_connections_own_address(byte command, byte family, int length)
    {
        byte[] header = Header(command, family, new byte[length]);
        Assert.Equal(ProxyHeaderResult.Own, Read(header, ProxyProtocol.V2, out _, out int read));
        Assert.Equal(header.Length, read);
    }

    [Theory]
    [InlineData(0x11, 0x11, 12)] // version 1
    [InlineData(0x22, 0x11, 12)] // no such command
    [InlineData(0x21, 0x11, 11)] // too short for IPv4
    [InlineData(0x21, 0x21, 35)] // too short for IPv6
    [InlineData(0x21, 0x12, 12)] // UDP
    [InlineData(0x21, 0x41, 36)] // no such family
    [InlineData(0x21, 0x11, 2033)] // longer than any proxy writes
    public void A_malformed_binary_header_is_refused(byte command, byte family, int length) =>
        Assert.Equal(ProxyHeaderResult.Malformed, Read(Header(command, family, new byte[length]), ProxyProtocol.V2, out _, out _));

    [Fact]
    public void Version_2_may_arrive_byte_by_byte_and_a_wrong_signature_is_refused_at_its_first_wrong_byte()
    {
        byte[] header = Header(0x21, 0x11, new byte[12]);
        for (int length = 0; length < header.Length; length++)
        {
            Assert.Equal(ProxyHeaderResult.NeedMore, Read(header[..length], ProxyProtocol.Any, out _, out _));
        }

        for (int wrong = 0; wrong < Signature.Length; wrong++)
        {
            byte[] broken = header[..(wrong + 1)];
            broken[wrong] ^= 0x80;
            Assert.Equal(ProxyHeaderResult.Malformed, Read(broken, ProxyProtocol.V2, out _, out _));
        }
    }

    [Fact]
    public void A_version_that_is_not_asked_for_is_refused()
    {
        Assert.Equal(ProxyHeaderResult.Malformed, Read("PROXY UNKNOWN\r\n"u8.ToArray(), ProxyProtocol.V2, out _, out _));
        Assert.Equal(ProxyHeaderResult.Malformed, Read(Header(0x20, 0, []), ProxyProtocol.V1, out _, out _));
    }

    internal static byte[] Header(byte command, byte family, byte[] rest) =>
        [.. Signature, command, family, (byte)(rest.Length >> 8), (byte)rest.Length, .. rest];

    private static ProxyHeaderResult Read(byte[] bytes, ProxyProtocol allowed, out string client, out int length)
    {
        ProxyHeaderResult result = ProxyHeader.TryRead(bytes, allowed, out TransportAddress address, out length);
        client = address.ToString();
        return result;
    }
}
