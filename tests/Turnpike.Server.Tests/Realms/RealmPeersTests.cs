using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>A realm's peers, on every way that leads to one, and what is remembered of a judgement.</summary>
public class RealmPeersTests
{
    private static readonly PeerPolicy WithoutEight = PolicyChoice.PeerRules(deny: ["8.0.0.0/8"]);
    private static readonly RealmRules Red = new() { Name = "red", Peers = WithoutEight };

    private static PolicyChoice Choice => new() { Credentials = new TenantUsers() };

    [Fact]
    public void Requests_are_judged_by_the_realms_peers()
    {
        var server = new TestServer(Choice.With(Red));
        TestClient red = TenantUsers.Client(server, "red/alice").Allocated();
        TestClient blue = TenantUsers.Client(server, "blue/alice", 40_001).Allocated();
        red.CreatePermission(Addresses.Peer).IsError(StunErrorCode.Forbidden);
        red.ChannelBind(0x4000, Addresses.Peer).IsError(StunErrorCode.Forbidden);
        blue.CreatePermission(Addresses.Peer).IsSuccess();
        blue.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        red.CreatePermission(Addresses.OtherPeer).IsSuccess();
    }

    [Fact]
    public void A_change_of_one_realms_peers_reaches_its_live_allocations_and_no_others()
    {
        var server = new TestServer(Choice.With(Red with { Peers = PolicyChoice.PeerRules() }));
        TestClient red = Talking(server, "red/alice", 40_000);
        TestClient blue = Talking(server, "blue/alice", 40_001);
        server.Change(choice => choice.With(Red));
        for (int round = 0; round < 2; round++)
        {
            red.SendChannelData(0x4000, "x"u8).IsDrop(DropReason.ForbiddenPeer);
            red.SendIndication(Addresses.Peer, "x"u8).IsDrop(DropReason.ForbiddenPeer);
            server.FromPeer(server.RelayOf(red), Addresses.Peer, "y"u8).IsDrop(DropReason.ForbiddenPeer);
            server.Icmp(server.RelayOf(red), new PeerIcmpError(Addresses.Peer, 3, 3, 0)).IsDrop(DropReason.ForbiddenPeer);
            blue.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
            blue.SendIndication(Addresses.Peer, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
            server.FromPeer(server.RelayOf(blue), Addresses.Peer, "y"u8).IsChannelData(0x4000, "y"u8);
        }

        server.Change(choice => choice.With(Red with { Peers = PolicyChoice.PeerRules() }));
        red.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        server.FromPeer(server.RelayOf(red), Addresses.Peer, "y"u8).IsChannelData(0x4000, "y"u8);
    }

    [Fact]
    public void A_realm_that_goes_leaves_the_servers_own_rules()
    {
        var server = new TestServer(Choice.With(Red));
        TestClient red = TenantUsers.Client(server, "red/alice").Allocated();
        red.CreatePermission(Addresses.Peer).IsError(StunErrorCode.Forbidden);
        server.Change(choice => choice with { Realms = [] });
        red.CreatePermission(Addresses.Peer).IsSuccess();
    }

    [Fact]
    public void Peers_that_are_relays_of_the_server_are_reached_as_the_realms_policy_knows_them()
    {
        var map = new RelayAddressMap([new RelayAddress(Addresses.Parse("10.0.0.5:0"), Addresses.Parse("20.0.0.5:0"))], 49152, 65535);
        TransportAddress told = Addresses.Parse("20.0.0.5:50000");
        TransportAddress bound = Addresses.Parse("10.0.0.5:50000");
        var server = new TestServer(Choice.With(Red with { Peers = PolicyChoice.PeerRules(relays: map) }));
        TestClient red = TenantUsers.Client(server, "red/alice").Allocated();
        red.ChannelBind(0x4000, told).IsSuccess();
        red.SendChannelData(0x4000, "x"u8).IsToPeer(bound, "x"u8);
        red.SendIndication(told, "x"u8).IsToPeer(bound, "x"u8);
        server.FromPeer(server.RelayOf(red), bound, "y"u8).IsChannelData(0x4000, "y"u8);
    }

    [Fact]
    public void TCP_connections_are_judged_and_counted_by_the_realms_rules_RFC_6062()
    {
        var scene = new TcpScene(new PolicyChoice().With(new RealmRules
        {
            Name = Users.Realm,
            Peers = WithoutEight,
            Limits = new AllocationLimits { PeerConnections = 1 },
        }));
        scene.RefusedConnect(Addresses.Peer, StunErrorCode.Forbidden);
        scene.Connected(Addresses.OtherPeer);
        scene.RefusedConnect(Addresses.OtherPeer.WithPort(9), StunErrorCode.InsufficientCapacity);
        scene.Client.CreatePermission(Addresses.Ip("9.9.9.1")).IsSuccess();
        scene.Knock(Addresses.Ip("9.9.9.1")).IsDrop(DropReason.PeerConnectionLimitReached);
    }

    [Fact]
    public void Incoming_connections_and_those_being_made_are_judged_again_by_the_realms_new_peers_RFC_6062()
    {
        var scene = new TcpScene();
        uint open = scene.Incoming(Addresses.Peer);
        scene.Client.CreatePermission(Addresses.Ip("8.8.8.1")).IsSuccess();
        scene.Connect(Addresses.Peer.WithPort(7)).IsPending();
        scene.Server.Change(choice => choice.With(new RealmRules { Name = "red", Peers = WithoutEight }));
        Assert.Empty(scene.Connections.Closed);
        scene.Server.Change(choice => choice.With(new RealmRules { Name = Users.Realm, Peers = WithoutEight }));
        Assert.Equal([open], scene.Connections.Closed);
        scene.Client.Check(scene.Complete().IsToClient()).IsError(StunErrorCode.Forbidden);
        scene.Knock(Addresses.Ip("8.8.8.1")).IsDrop(DropReason.ForbiddenPeer);
    }

    private static TestClient Talking(TestServer server, string username, int port)
    {
        TestClient client = TenantUsers.Client(server, username, port).Allocated();
        client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        client.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        server.FromPeer(server.RelayOf(client), Addresses.Peer, "y"u8).IsChannelData(0x4000, "y"u8);
        return client;
    }
}
