using Turnpike.Cluster;
using Turnpike.Edge.Cluster;
using Turnpike.Edge.Tests.Host;
using Turnpike.Protocol;
using Turnpike.Server;

namespace Turnpike.Edge.Tests.Cluster;

/// <summary>Which other edge a client is told while this one drains.</summary>
public sealed class ClusterRedirectTests
{
    private static readonly EdgeRecord North = new()
    {
        Id = "north-1",
        Name = "north",
        Urls =
        [
            "turn:192.0.2.1:3478?transport=udp", "turn:192.0.2.1:3478?transport=tcp", "turns:192.0.2.1:5349?transport=tcp", "turns:192.0.2.1:5350?transport=udp",
            "turn:[2001:db8::1]:3478?transport=udp",
        ],
    };

    [Theory]
    [InlineData(ClientTransport.Udp, AddressFamily.IPv4, "192.0.2.1:3478")]
    [InlineData(ClientTransport.Tcp, AddressFamily.IPv4, "192.0.2.1:3478")]
    [InlineData(ClientTransport.Tls, AddressFamily.IPv4, "192.0.2.1:5349")]
    [InlineData(ClientTransport.Dtls, AddressFamily.IPv4, "192.0.2.1:5350")]
    [InlineData(ClientTransport.Udp, AddressFamily.IPv6, "[2001:db8::1]:3478")]
    [InlineData(ClientTransport.Tcp, AddressFamily.IPv6, null)]
    public void A_client_goes_on_over_its_transport_and_family_or_nowhere(ClientTransport transport, AddressFamily family, string? expected) =>
        Assert.Equal(expected, Choose(Redirect([North]), transport, family));

    [Fact]
    public void Only_edges_that_are_ready_are_told_and_never_the_own_one()
    {
        Assert.Null(Choose(Redirect([North with { State = "draining" }, North with { State = "not-ready" }, North with { Id = "own-1" }])));
        Assert.Null(Choose(Redirect([])));
    }

    [Fact]
    public void Those_of_the_region_go_before_the_others_and_take_turns()
    {
        EdgeRecord near = Edge("a", "eu", "192.0.2.2");
        EdgeRecord alsoNear = Edge("b", "eu", "192.0.2.3");
        ClusterRedirect redirect = Redirect([North, near, alsoNear], ("Edge:Region", "eu"));
        Assert.Equal(["192.0.2.2:3478", "192.0.2.3:3478"], new[] { Choose(redirect), Choose(redirect) }.Order());
        Assert.Equal("192.0.2.1:3478", Choose(Redirect([North], ("Edge:Region", "eu"))));
    }

    [Fact]
    public void Nobody_is_sent_away_unless_the_edge_drains_and_the_settings_let_it()
    {
        Assert.False(Redirect([North]).TryChoose(RedirectOccasion.Always, ClientTransport.Udp, AddressFamily.IPv4, out _));
        Assert.False(Redirect([North]).TryChoose(RedirectOccasion.Full, ClientTransport.Udp, AddressFamily.IPv4, out _));
        Assert.Null(Choose(Redirect([North], ("Edge:Drain:Redirect", "false"))));
    }

    [Fact]
    public void What_the_settings_name_goes_before() => Assert.Equal(
        "198.51.100.7:3478",
        Choose(Redirect([North], ("Edge:Redirect:When", "draining"), ("Edge:Redirect:AlternateServers:0", "198.51.100.7:3478"))));

    [Theory]
    [InlineData("turn:edge.example.org:3478?transport=udp")]
    [InlineData("turn:192.0.2.1:3478")]
    [InlineData("turn:192.0.2.1?transport=udp")]
    [InlineData("stun:192.0.2.1:3478?transport=udp")]
    [InlineData("nonsense")]
    [InlineData("?transport=udp")]
    [InlineData("")]
    public void What_is_no_address_is_passed_over(string url) => Assert.Null(Choose(Redirect([North with { Urls = [url] }])));

    private static EdgeRecord Edge(string id, string region, string address) =>
        new() { Id = id, Name = id, Region = region, Urls = [$"turn:{address}:3478?transport=udp"] };

    private static ClusterRedirect Redirect(EdgeRecord[] edges, params (string Key, string? Value)[] settings)
    {
        ClusterRedirect redirect = new(Reading.Good(settings), "own-1");
        redirect.Use(edges);
        return redirect;
    }

    private static string? Choose(ClusterRedirect redirect, ClientTransport transport = ClientTransport.Udp, AddressFamily family = AddressFamily.IPv4) =>
        redirect.TryChoose(RedirectOccasion.Draining, transport, family, out RedirectTarget? target) ? $"{target.Server}" : null;
}
