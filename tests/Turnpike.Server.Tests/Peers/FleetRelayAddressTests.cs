using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>Relay addresses of the fleet's other servers are peers, within the ports that each of them relays on.</summary>
public class FleetRelayAddressTests
{
    private static readonly RelayAddressMap Map = new(
        [new RelayAddress(Addresses.Parse("10.0.0.5:0"), Addresses.Parse("20.0.0.5:0"))],
        50_000,
        50_999,
        [
            new FleetRelayAddress(Addresses.Parse("10.1.1.1:0"), 40_000, 40_099),
            new FleetRelayAddress(Addresses.Parse("10.1.1.1:3478"), 41_000, 41_099),
            new FleetRelayAddress(Addresses.Parse("[fd00::7]:0"), 40_000, 40_099),
        ]);

    private static readonly PeerPolicy Policy = PolicyChoice.PeerRules(relays: Map, own: [Addresses.Parse("10.1.1.1:40050")]);

    [Theory]
    [InlineData("10.1.1.1:40000", true)]
    [InlineData("10.1.1.1:40099", true)]
    [InlineData("10.1.1.1:41000", true)] // another server behind the same address
    [InlineData("10.1.1.1:39999", false)]
    [InlineData("10.1.1.1:40100", false)]
    [InlineData("10.1.1.1:50000", false)] // this server's ports are not theirs
    [InlineData("10.1.1.1:40050", false)] // the server itself listens there
    [InlineData("10.1.1.2:40000", false)]
    [InlineData("[fd00::7]:40000", true)]
    [InlineData("[fd00::8]:40000", false)]
    [InlineData("20.0.0.5:50000", true)]
    public void A_peer_there_is_allowed_by_the_ports_of_its_own_server(string peer, bool allowed) =>
        Assert.Equal(allowed, Policy.Allows(Addresses.Parse(peer)));

    [Theory]
    [InlineData("10.1.1.1", true)]
    [InlineData("fd00::7", true)]
    [InlineData("10.1.1.2", false)]
    public void A_permission_names_the_address_alone(string peer, bool allowed) =>
        Assert.Equal(allowed, Policy.AllowsAddress(Addresses.Ip(peer)));

    [Fact]
    public void They_are_reached_as_they_are_and_keep_their_names()
    {
        var server = new TestServer(new PolicyChoice { Peers = Policy });
        TestClient client = new TestClient(server).Allocated();
        TransportAddress peer = Addresses.Parse("10.1.1.1:40001");
        client.ChannelBind(0x4000, peer).IsSuccess();
        client.SendChannelData(0x4000, "x"u8).IsToPeer(peer, "x"u8);
        server.FromPeer(server.RelayOf(client), peer, "y"u8).IsChannelData(0x4000, "y"u8);
        client.SendIndication(peer.WithPort(40_100), "x"u8).IsDrop(DropReason.ForbiddenPeer);
    }

    [Fact]
    public void A_server_that_leaves_the_fleet_is_a_stranger_again()
    {
        var server = new TestServer(new PolicyChoice { Peers = Policy });
        TestClient client = new TestClient(server).Allocated();
        client.ChannelBind(0x4000, Addresses.Parse("10.1.1.1:40001")).IsSuccess();
        server.Change(choice => choice with { Peers = PolicyChoice.PeerRules() });
        client.SendChannelData(0x4000, "x"u8).IsDrop(DropReason.ForbiddenPeer);
    }
}
