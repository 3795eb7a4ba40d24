using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Turnpike.Sockets.Tests;

public sealed class SocketEndpointTests
{
    [Theory]
    [InlineData("127.0.0.1:3478")]
    [InlineData("255.254.253.252:65535")]
    [InlineData("[2001:db8:1:2:3:4:5:6]:49152")]
    [InlineData("[fe80::1%3]:1")]
    public void An_endpoint_converts_to_the_frameworks_type_and_back(string text)
    {
        IPEndPoint expected = IPEndPoint.Parse(text);

        SocketEndpoint endpoint = SocketEndpoint.From(expected);

        Assert.Equal(expected, endpoint.ToIPEndPoint());
        Assert.Equal(text, endpoint.ToString());
    }

    [Fact]
    public void The_bytes_are_the_kernels_sockaddr()
    {
        SocketEndpoint ipv4 = SocketEndpoint.IPv4(0x7F000001, 3478);
        SocketEndpoint ipv6 = SocketEndpoint.IPv6(0x20010DB800010002, 0x0003000400050006, 3478, 7);

        Assert.Equal(28, Unsafe.SizeOf<SocketEndpoint>());
        Assert.Equal("02000D967F000001", Convert.ToHexString(MemoryMarshal.AsBytes(new ReadOnlySpan<SocketEndpoint>(in ipv4))[..8]));
        Assert.Equal(
            "0A000D96" + "00000000" + "20010DB8000100020003000400050006" + "07000000",
            Convert.ToHexString(MemoryMarshal.AsBytes(new ReadOnlySpan<SocketEndpoint>(in ipv6))));
    }

    [Fact]
    public void Bytes_behind_an_IPv4_address_do_not_take_part_in_equality()
    {
        SocketEndpoint clean = SocketEndpoint.IPv4(0x0A000001, 5000);
        SocketEndpoint dirty = clean;
        MemoryMarshal.AsBytes(new Span<SocketEndpoint>(ref dirty))[8..].Fill(0xEE);

        Assert.Equal(clean, dirty);
        Assert.Equal(clean.GetHashCode(), dirty.GetHashCode());
        Assert.Equal(0u, dirty.ScopeId);
        Assert.NotEqual(clean, SocketEndpoint.IPv4(0x0A000001, 5001));
        Assert.NotEqual(clean, SocketEndpoint.IPv4(0x0A000002, 5000));
    }

    [Fact]
    public void The_port_is_settable_in_host_order()
    {
        SocketEndpoint endpoint = SocketEndpoint.IPv6(0, 1, 1);

        endpoint.Port = 0x1234;

        Assert.Equal(SocketEndpoint.IPv6(0, 1, 0x1234), endpoint);
        Assert.Equal(1ul, endpoint.IPv6Low);
    }
}
