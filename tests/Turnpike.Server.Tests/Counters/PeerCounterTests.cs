using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>What denies a peer, and that each denial is counted.</summary>
public class PeerCounterTests
{
    [Theory]
    [InlineData("127.0.0.1", PeerRule.Loopback)]
    [InlineData("0.0.0.0", PeerRule.Loopback)]
    [InlineData("::1", PeerRule.Loopback)]
    [InlineData("::", PeerRule.Loopback)]
    [InlineData("169.254.169.254", PeerRule.LinkLocal)]
    [InlineData("fe80::1", PeerRule.LinkLocal)]
    [InlineData("10.1.2.3", PeerRule.Private)]
    [InlineData("172.31.0.1", PeerRule.Private)]
    [InlineData("192.168.0.1", PeerRule.Private)]
    [InlineData("100.64.0.1", PeerRule.Private)]
    [InlineData("fd00::1", PeerRule.Private)]
    [InlineData("224.0.0.1", PeerRule.Multicast)]
    [InlineData("ff02::1", PeerRule.Multicast)]
    [InlineData("203.0.113.1", PeerRule.Special)]
    [InlineData("255.255.255.255", PeerRule.Special)]
    [InlineData("64:ff9b::808:808", PeerRule.Special)]
    [InlineData("::ffff:127.0.0.1", PeerRule.Loopback)]
    [InlineData("::ffff:10.0.0.1", PeerRule.Private)]
    [InlineData("8.8.8.8", PeerRule.None)]
    [InlineData("2606:4700::1111", PeerRule.None)]
    public void An_address_is_denied_by_the_class_that_it_is_in(string address, PeerRule rule)
    {
        Assert.Equal(rule, PeerPolicy.Default.Judge(Addresses.Ip(address)));
        Assert.Equal(rule, PeerPolicy.Default.JudgeAddress(Addresses.Ip(address)));
    }

    [Fact]
    public void The_servers_own_listeners_port_0_and_rules_are_classes_of_their_own()
    {
        PeerPolicy policy = PolicyChoice.PeerRules(deny: ["9.9.9.0/24"], own: [Addresses.Server]);
        Assert.Equal(PeerRule.Self, policy.Judge(Addresses.Server));
        Assert.Equal(PeerRule.NoPort, policy.Judge(Addresses.Peer.WithPort(0)));
        Assert.Equal(PeerRule.Configured, policy.Judge(Addresses.OtherPeer));
        var tenants = new PeerPolicy(RelayAddressMap.Empty, [], [], [AddressRange.Parse("9.9.9.0/24")], []) { DenyRule = PeerRule.Tenant };
        Assert.Equal(PeerRule.Tenant, tenants.Judge(Addresses.OtherPeer));
    }

    [Fact]
    public void Requests_that_name_a_denied_peer_are_counted()
    {
        var server = new TestServer();
        TestClient client = new TestClient(server).Allocated();
        client.CreatePermission(Addresses.Ip("10.0.0.1")).IsError(StunErrorCode.Forbidden);
        client.ChannelBind(0x4000, Addresses.Ip("10.0.0.1")).IsError(StunErrorCode.Forbidden);
        client.CreatePermission(Addresses.Peer).IsSuccess();
        Assert.Equal([(PeerRule.Private, 2)], Counted(server));
    }

    [Fact]
    public void Datagrams_of_either_direction_are_counted_once_the_policy_denies_their_peer()
    {
        var server = new TestServer();
        TestClient client = new TestClient(server).Allocated();
        client.ChannelBind(0x4000, Addresses.OtherPeer).IsSuccess();
        server.Change(choice => choice with { Peers = PolicyChoice.PeerRules(deny: ["9.9.9.0/24"]) });
        client.SendIndication(Addresses.OtherPeer, "x"u8).IsDrop(DropReason.ForbiddenPeer);
        client.SendChannelData(0x4000, "x"u8).IsDrop(DropReason.ForbiddenPeer);
        server.FromPeer(server.RelayOf(client), Addresses.OtherPeer, "x"u8).IsDrop(DropReason.ForbiddenPeer);
        Assert.Equal([(PeerRule.Configured, 3)], Counted(server));
    }

    [Fact]
    public void A_connect_and_a_knock_are_counted()
    {
        var scene = new TcpScene();
        scene.RefusedConnect(Addresses.Ip("127.0.0.1"), StunErrorCode.Forbidden);
        scene.Client.CreatePermission(Addresses.OtherPeer).IsSuccess();
        scene.Server.Change(choice => choice with { Peers = PolicyChoice.PeerRules(own: [Addresses.OtherPeer]) });
        scene.Knock(Addresses.OtherPeer).IsDrop(DropReason.ForbiddenPeer);
        Assert.Equal([(PeerRule.Self, 1), (PeerRule.Loopback, 1)], Counted(scene.Server));
    }

    private static List<(PeerRule, long)> Counted(TestServer server) =>
        [.. Enum.GetValues<PeerRule>().Select(rule => (rule, server.Counters.DeniedPeers(rule))).Where(each => each.Item2 > 0)];
}
