using System.Net;
using Turnpike.Edge.Options;
using Turnpike.Edge.Tests.Host;

namespace Turnpike.Edge.Tests.Streams;

public sealed class StreamSettingsTests
{
    private static readonly (string, string?)[] Tls = [("Edge:Tls:Certificate", "c.pem"), ("Edge:Tls:Key", "k.pem")];

    [Theory]
    [InlineData("tcp://127.0.0.1:3478", "tcp", ProxyProtocol.None, null)]
    [InlineData("tls://[::]:5349", "tls", ProxyProtocol.None, null)]
    [InlineData("tcp+tls://0.0.0.0:443?proxy=any", "tcp+tls", ProxyProtocol.Any, null)]
    [InlineData("tcp://127.0.0.1:3478?proxy=v1", "tcp", ProxyProtocol.V1, null)]
    [InlineData("tls://10.0.0.5:5349?public=198.51.100.7&proxy=v2", "tls", ProxyProtocol.V2, "198.51.100.7")]
    [InlineData("tls://10.0.0.5:5349?proxy=v2&public=198.51.100.7", "tls", ProxyProtocol.V2, "198.51.100.7")]
    public void A_stream_listener_is_read(string text, string scheme, ProxyProtocol proxy, string? told)
    {
        ListenerEndpoint listener = Assert.Single(Reading.Good([("Edge:Listeners:0", text), .. Tls]).Listeners);
        Assert.Equal(scheme, listener.Scheme);
        Assert.Equal(proxy, listener.Proxy);
        Assert.Equal(told is null ? null : IPAddress.Parse(told), listener.Public);
        Assert.True(listener.IsStream);
        Assert.Equal(scheme != "tcp", listener.HasTls);
    }

    [Theory]
    [InlineData("tls+tcp://127.0.0.1:3478", "allowed: SCHEME://")]
    [InlineData("tcp://127.0.0.1:3478?proxy=v3", "allowed: SCHEME://")]
    [InlineData("tcp://127.0.0.1:3478?proxy=V1", "allowed: SCHEME://")]
    [InlineData("tcp://127.0.0.1:3478?proxy=v1&proxy=v2", "allowed: SCHEME://")]
    [InlineData("tcp://127.0.0.1:3478?proxy=v1&", "allowed: SCHEME://")]
    [InlineData("tcp://127.0.0.1:3478?", "allowed: SCHEME://")]
    [InlineData("udp://127.0.0.1:3478?proxy=v1", "for tcp:// and tls:// only")]
    public void A_stream_listener_that_cannot_be_meant_is_refused(string text, string why) =>
        Assert.Contains(why, Assert.Single(Reading.Bad(("Edge:Listeners:0", text))), StringComparison.Ordinal);

    [Fact]
    public void Udp_and_tcp_share_a_port_and_two_streams_do_not()
    {
        Assert.Equal(2, Reading.Good(("Edge:Listeners:0", "udp://127.0.0.1:5"), ("Edge:Listeners:1", "tcp://127.0.0.1:5")).Listeners.Count);
        Assert.Contains("listed twice", Assert.Single(Reading.Bad(
            [("Edge:Listeners:0", "tcp://127.0.0.1:5"), ("Edge:Listeners:1", "tls://127.0.0.1:5"), .. Tls])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tls_listener_needs_a_certificate_and_its_key()
    {
        IReadOnlyList<string> problems = Reading.Bad(("Edge:Listeners:0", "tls://127.0.0.1:5349"));
        Assert.Equal(2, problems.Count);
        Assert.StartsWith("Edge:Tls:Certificate: needed by the listener tls://127.0.0.1:5349", problems[0], StringComparison.Ordinal);
        Assert.StartsWith("Edge:Tls:Key: needed by", problems[1], StringComparison.Ordinal);
        Assert.StartsWith("Edge:Tls:Key: ", Assert.Single(Reading.Bad(("Edge:Tls:Certificate", "c.pem"))), StringComparison.Ordinal);
        Assert.StartsWith("Edge:Tls:Certificate: ", Assert.Single(Reading.Bad(("Edge:Tls:Key", "k.pem"))), StringComparison.Ordinal);
    }
}
