using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>The policy at every entry, also when it changes under a live allocation.</summary>
public class PeerPolicyEntryTests
{
    private static readonly PeerPolicy PeerDenied = PolicyChoice.PeerRules(deny: ["8.8.8.8"]);
    private readonly TestServer _server = new();
    private readonly TestClient _client;

    public PeerPolicyEntryTests()
    {
        _client = new TestClient(_server);
        _client.AllocateBoth().IsSuccess();
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("127.0.0.1")]
    [InlineData("10.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("64:ff9b::127.0.0.1")]
    [InlineData("2002:7f00:1::1")]
    [InlineData("fe80::1")]
    public void A_forbidden_peer_is_403_at_CreatePermission_and_ChannelBind(string peer)
    {
        _client.CreatePermission(Addresses.Ip(peer)).IsError(StunErrorCode.Forbidden);
        _client.ChannelBind(0x4000, Addresses.Ip(peer)).IsError(StunErrorCode.Forbidden);
        _client.SendIndication(Addresses.Ip(peer), "x"u8).IsDrop(DropReason.NoPermission);
    }

    [Fact]
    public void Loopback_is_not_relayed_to_by_default_CVE_2018_4058() =>
        _client.CreatePermission(Addresses.Parse("127.0.0.1:0")).IsError(StunErrorCode.Forbidden);

    [Fact]
    public void The_servers_own_port_is_403_at_ChannelBind_and_dropped_at_Send()
    {
        _server.Change(choice => choice with { Peers = PolicyChoice.PeerRules(own: [Addresses.Server]) });
        _client.CreatePermission(Addresses.Server).IsSuccess(); // a permission names no port
        _client.ChannelBind(0x4000, Addresses.Server).IsError(StunErrorCode.Forbidden);
        _client.SendIndication(Addresses.Server, "x"u8).IsDrop(DropReason.ForbiddenPeer);
        _client.SendIndication(Addresses.Server.WithPort(9), "x"u8).IsToPeer(Addresses.Server.WithPort(9), "x"u8);
        _server.FromPeer(_server.RelayOf(_client), Addresses.Server, "y"u8).IsDrop(DropReason.ForbiddenPeer);
    }

    [Fact]
    public void Send_obeys_a_policy_that_changed_after_the_permission()
    {
        _client.CreatePermission(Addresses.Peer).IsSuccess();
        _client.SendIndication(Addresses.Peer, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        _server.Change(choice => choice with { Peers = PeerDenied });
        _client.SendIndication(Addresses.Peer, "x"u8).IsDrop(DropReason.ForbiddenPeer);
        _server.Change(choice => choice with { Peers = PeerPolicy.Default });
        _client.SendIndication(Addresses.Peer, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
    }

    [Fact]
    public void ChannelData_obeys_a_policy_that_changed_after_the_bind()
    {
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        _client.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        _server.Change(choice => choice with { Peers = PeerDenied });
        _client.SendChannelData(0x4000, "x"u8).IsDrop(DropReason.ForbiddenPeer);
        _client.SendChannelData(0x4000, "x"u8).IsDrop(DropReason.ForbiddenPeer);
        _server.Change(choice => choice with { Peers = PolicyChoice.PeerRules() });
        _client.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
    }

    [Fact]
    public void Peer_data_obeys_a_policy_that_changed_after_the_permission()
    {
        _client.CreatePermission(Addresses.Peer).IsSuccess();
        _server.FromPeer(_server.RelayOf(_client), Addresses.Peer, "y"u8).IsToClient();
        _server.Change(choice => choice with { Peers = PeerDenied });
        _server.FromPeer(_server.RelayOf(_client), Addresses.Peer, "y"u8).IsDrop(DropReason.ForbiddenPeer);
        _server.FromPeer(_server.RelayOf(_client), Addresses.Peer, "y"u8).IsDrop(DropReason.ForbiddenPeer);
    }

    [Fact]
    public void Peer_data_on_a_channel_obeys_it_too()
    {
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        _server.FromPeer(_server.RelayOf(_client), Addresses.Peer, "y"u8).IsChannelData(0x4000, "y"u8);
        _server.Change(choice => choice with { Peers = PeerDenied });
        _server.FromPeer(_server.RelayOf(_client), Addresses.Peer, "y"u8).IsDrop(DropReason.ForbiddenPeer);
    }

    [Fact]
    public void An_ICMP_error_about_a_peer_that_is_forbidden_now_is_dropped()
    {
        _client.CreatePermission(Addresses.Peer).IsSuccess();
        _server.Change(choice => choice with { Peers = PeerDenied });
        _server.Icmp(_server.RelayOf(_client), new PeerIcmpError(Addresses.Peer, 3, 3, 0)).IsDrop(DropReason.ForbiddenPeer);
    }

    [Fact]
    public void A_refresh_of_a_permission_or_channel_to_a_peer_that_is_forbidden_now_is_403()
    {
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        _server.Change(choice => choice with { Peers = PeerDenied });
        _client.CreatePermission(Addresses.Peer).IsError(StunErrorCode.Forbidden);
        _client.ChannelBind(0x4000, Addresses.Peer).IsError(StunErrorCode.Forbidden);
    }

    [Fact]
    public void Two_clients_of_one_server_reach_each_other_through_their_public_relay_addresses()
    {
        var pool = new FakeRelayPool { Local = Addresses.Parse("10.0.0.5:0"), Public = Addresses.Parse("20.0.0.5:0") };
        var relays = new RelayAddressMap([new RelayAddress(pool.Local, pool.Public)], 49152, 65535);
        var server = new TestServer(new PolicyChoice { Peers = PolicyChoice.PeerRules(relays: relays) }, pool);
        var one = new TestClient(server);
        var two = new TestClient(server, "bob", "bob-password", Addresses.Client.WithPort(40001));
        TransportAddress relayOne = one.Allocate().IsSuccess().RelayedAddresses[0];
        TransportAddress relayTwo = two.Allocate().IsSuccess().RelayedAddresses[0];
        one.ChannelBind(0x4000, relayTwo).IsSuccess();
        two.CreatePermission(relayOne).IsSuccess();

        // To the bound address, since the NAT in front may not turn the public one back; and named by the public one.
        TransportAddress localTwo = pool.Local.WithPort(relayTwo.Port);
        one.SendChannelData(0x4000, "x"u8).IsToPeer(localTwo, "x"u8);
        one.SendIndication(relayTwo, "x"u8).IsToPeer(localTwo, "x"u8);
        TransportAddress localOne = pool.Local.WithPort(relayOne.Port);
        server.FromPeer(server.RelayOf(two), localOne, "x"u8).IsToClient().IsDataIndication(relayOne, "x"u8);
        server.FromPeer(server.RelayOf(one), localTwo, "y"u8).IsChannelData(0x4000, "y"u8);
        Assert.Equal(relayTwo, server.Icmp(server.RelayOf(one), new PeerIcmpError(localTwo, 3, 3, 0)).IsToClient().PeerAddress);
    }

    [Fact]
    public void A_channel_follows_relay_addresses_that_changed_after_the_bind()
    {
        _client.ChannelBind(0x4000, Addresses.Ip("20.0.0.5", 50000)).IsSuccess();
        var relays = new RelayAddressMap(
            [new RelayAddress(Addresses.Ip("10.0.0.5", 0), Addresses.Ip("20.0.0.5", 0))], 49152, 65535);
        _server.Change(choice => choice with { Peers = PolicyChoice.PeerRules(relays: relays) });
        _client.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Ip("10.0.0.5", 50000), "x"u8);
    }
}
