using System.Net;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Servers;
using Turnpike.Protocol;

namespace Turnpike.Interop;

/// <summary>The peer policy seen by our own client: the code of the very response, for permissions and for channels.</summary>
public sealed class PeerPolicyTests : InteropTest
{
    private const ushort Channel = 0x4001;
    private const ushort Port = 3480;

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("0.0.0.0")]
    public async Task A_forbidden_IPv4_peer_is_an_error_403(string peer)
    {
        var server = await StartServerAsync();
        await AssertForbiddenAsync(server.EndPoint, AddressFamily.IPv4, peer);
    }

    // Debian's coturn takes the first of these for an IPv6 address like any other, which ControlTests shows.
    [Theory(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("::169.254.169.254")]
    [InlineData("64:ff9b::169.254.169.254")]
    [InlineData("2002:a9fe:a9fe::1")]
    [InlineData("::")]
    [InlineData("::ffff:0.0.0.0")]
    public async Task A_forbidden_peer_inside_an_IPv6_address_is_an_error_403(string peer)
    {
        var server = await StartServerAsync(new ServerSettings { Address = IPAddress.IPv6Loopback });
        await AssertForbiddenAsync(server.EndPoint, AddressFamily.IPv6, peer);
    }

    [Fact]
    public async Task Loopback_peers_are_forbidden_by_default()
    {
        var server = await StartServerAsync(new ServerSettings { LoopbackPeers = false });
        await AssertForbiddenAsync(server.EndPoint, AddressFamily.IPv4, "127.0.0.1");
    }

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task An_opened_range_opens_nothing_else()
    {
        var server = await StartServerAsync();
        foreach (string peer in new[] { "10.0.0.1", "100.64.0.1", "172.16.0.1", "192.168.0.1", "224.0.0.1", "255.255.255.255" })
        {
            await AssertForbiddenAsync(server.EndPoint, AddressFamily.IPv4, peer);
        }
    }

    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task The_servers_own_listener_is_no_peer_even_in_an_opened_range()
    {
        var server = await StartServerAsync();
        using var client = await AllocateAsync(server.EndPoint, AddressFamily.IPv4);

        Assert.Equal(StunErrorCode.Forbidden, (await client.ChannelBindAsync(Channel, TransportAddress.From(server.EndPoint))).Code);
    }

    private static async Task AssertForbiddenAsync(IPEndPoint server, AddressFamily family, string peer)
    {
        using var client = await AllocateAsync(server, family);
        var address = TransportAddress.From(IPAddress.Parse(peer), Port);

        Assert.Equal((peer, StunErrorCode.Forbidden), (peer, (await client.CreatePermissionAsync(address)).Code));
        Assert.Equal((peer, StunErrorCode.Forbidden), (peer, (await client.ChannelBindAsync(Channel, address)).Code));
    }

    private static async Task<TurnClient> AllocateAsync(IPEndPoint server, AddressFamily family)
    {
        var client = new TurnClient(server);
        Assert.True((await client.AllocateAsync(family)).Succeeded);
        return client;
    }
}
