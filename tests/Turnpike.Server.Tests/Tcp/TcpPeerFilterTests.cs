using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>The vulnerability "permission check skipped on Connect and incoming TCP": the peer filter holds at both entries.</summary>
public class TcpPeerFilterTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.0.0.1")]
    [InlineData("100.64.0.1")]
    [InlineData("127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("192.168.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    public void Connect_to_a_special_purpose_address_is_403(string peer)
    {
        var scene = new TcpScene();
        scene.RefusedConnect(Addresses.Ip(peer), StunErrorCode.Forbidden);
        Assert.Empty(scene.Connections.Attempts);
    }

    [Theory]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("::127.0.0.1")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("2002:7f00:1::1")]
    [InlineData("fe80::1")]
    [InlineData("fd00::1")]
    public void Connect_to_one_dressed_up_in_IPv6_is_403(string peer)
    {
        var connections = new FakePeerConnections();
        var server = new TestServer(connections: connections);
        var client = new TestClient(server, transport: ClientTransport.Tcp);
        client.Request(StunMethod.Allocate, (ref StunMessageWriter w) =>
        {
            TcpScene.Tcp(ref w);
            Protocol.Attributes.RequestedAddressFamily.Write(ref w, AddressFamily.IPv6);
        }).IsSuccess();
        client.Request(
            StunMethod.Connect, (ref StunMessageWriter w) => Protocol.Attributes.XorPeerAddress.Write(ref w, Addresses.Ip(peer)))
            .IsError(StunErrorCode.Forbidden);
        Assert.Empty(connections.Attempts);
    }

    [Fact]
    public void Connect_to_where_the_server_itself_listens_is_403_and_to_port_0_too()
    {
        TransportAddress own = Addresses.Parse("8.8.4.4:6379");
        var scene = new TcpScene(new PolicyChoice { Peers = PolicyChoice.PeerRules(own: [own]) });
        scene.RefusedConnect(own, StunErrorCode.Forbidden);
        scene.RefusedConnect(own.WithPort(0), StunErrorCode.Forbidden);
        scene.Connect(own.WithPort(6380)).IsPending();
    }

    [Fact]
    public void A_permission_does_not_open_Connect_to_what_the_policy_has_closed_since()
    {
        var scene = new TcpScene();
        scene.Client.CreatePermission(Addresses.Peer).IsSuccess();
        Deny(scene);
        scene.RefusedConnect(Addresses.Peer, StunErrorCode.Forbidden);
    }

    [Fact]
    public void An_incoming_connection_is_judged_by_the_policy_of_now_and_not_of_its_permission()
    {
        var scene = new TcpScene();
        scene.Client.CreatePermission(Addresses.Peer).IsSuccess();
        Deny(scene);
        scene.Knock(Addresses.Peer).IsDrop(DropReason.ForbiddenPeer);
    }

    [Fact]
    public void An_incoming_connection_from_an_address_of_the_server_itself_is_closed()
    {
        TransportAddress own = Addresses.Parse("8.8.4.4:6379");
        var scene = new TcpScene(new PolicyChoice { Peers = PolicyChoice.PeerRules(own: [own]) });
        scene.Client.CreatePermission(own).IsSuccess();
        scene.Knock(own).IsDrop(DropReason.ForbiddenPeer);
        scene.Knock(own.WithPort(1)).IsToClient();
    }

    [Fact]
    public void A_policy_that_changes_while_a_connection_is_made_answers_403_and_closes_it()
    {
        var scene = new TcpScene();
        scene.Connect(Addresses.Peer).IsPending();
        Deny(scene);
        scene.Client.Check(scene.Complete().IsToClient()).IsError(StunErrorCode.Forbidden);
        Assert.Equal(0, scene.Connections.OpenCount);
    }

    [Fact]
    public void A_policy_that_changes_ends_the_connections_that_it_forbids_and_no_others()
    {
        var scene = new TcpScene();
        uint waiting = scene.Connected(Addresses.Peer);
        uint bound = scene.Connected(Addresses.Peer.WithPort(1));
        scene.Bind(bound).IsSuccess();
        uint incoming = scene.Incoming(Addresses.Peer.WithPort(2));
        uint other = scene.Connected(Addresses.OtherPeer);
        Deny(scene);
        Assert.Equal([waiting, bound, incoming], scene.Connections.Closed);
        scene.Bind(other, scene.DataClient(port: 40_101)).IsSuccess();
    }

    private static void Deny(TcpScene scene) =>
        scene.Server.Change(choice => choice with { Peers = PolicyChoice.PeerRules(deny: ["8.8.8.8"]) });
}
