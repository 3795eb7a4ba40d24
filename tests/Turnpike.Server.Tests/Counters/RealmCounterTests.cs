using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>What is counted by realm, by path and by kind of allocation, while it goes on.</summary>
public class RealmCounterTests
{
    [Fact]
    public void Packets_and_bytes_are_counted_by_path_and_direction_while_they_flow()
    {
        var server = new TestServer();
        TestClient client = new TestClient(server).Allocated();
        client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        client.CreatePermission(Addresses.OtherPeer).IsSuccess();
        client.SendChannelData(0x4000, "123"u8);
        client.SendIndication(Addresses.OtherPeer, "12345"u8);
        client.SendIndication(Addresses.OtherPeer, "12345"u8);
        server.FromPeer(server.RelayOf(client), Addresses.Peer, "1234567"u8);
        server.FromPeer(server.RelayOf(client), Addresses.OtherPeer, "1"u8);
        server.AllocationOf(client).Traffic.AddToPeers(1000);
        server.AllocationOf(client).Traffic.AddToClients(2000);

        ServerCounters counters = server.Counters;
        Assert.Equal(new Relayed(1, 3), counters.ToPeers(RelayPath.Channel));
        Assert.Equal(new Relayed(2, 10), counters.ToPeers(RelayPath.Indication));
        Assert.Equal(new Relayed(0, 1000), counters.ToPeers(RelayPath.Connection));
        Assert.Equal(new Relayed(1, 7), counters.ToClients(RelayPath.Channel));
        Assert.Equal(new Relayed(1, 1), counters.ToClients(RelayPath.Indication));
        Assert.Equal(new Relayed(0, 2000), counters.ToClients(RelayPath.Connection));
        Assert.Equal((3, 1013, 2, 2008), (counters.PacketsToPeers, counters.BytesToPeers, counters.PacketsToClients, counters.BytesToClients));
        Assert.Equal(counters.ToPeers(RelayPath.Channel), Of(server, Users.Realm).ToPeers(RelayPath.Channel));
    }

    [Fact]
    public void Realms_are_counted_by_name_up_to_the_limit_and_together_beyond_it()
    {
        var realms = new CountedRealms(3);
        TestServer one = With(realms);
        TestServer other = With(realms);
        Relay(one, "red/alice", "12345"u8);
        Relay(other, "blue/bob", "123"u8);
        Relay(other, "green/carol", "1"u8);
        Relay(one, "blue/dave", "12"u8);
        Relay(one, "green/erin", "1"u8);
        Relay(one, "yellow/fay", "1"u8);

        // Three with the server's own; the shards agree on which.
        Assert.Equal([CountedRealms.Other, Users.Realm, "red", "blue"], one.Counters.Realms.Select(realm => realm.Name));
        Assert.Equal([CountedRealms.Other, Users.Realm, "blue"], other.Counters.Realms.Select(realm => realm.Name));
        Assert.Equal(5, Of(one, "red").ToPeers(RelayPath.Indication).Bytes);
        Assert.Equal(2, Of(one, "blue").ToPeers(RelayPath.Indication).Bytes);
        Assert.Equal((2, 2), (Of(one, CountedRealms.Other).ToPeers(RelayPath.Indication).Bytes, Of(one, CountedRealms.Other).Allocations));
        Assert.Equal(9, one.Counters.BytesToPeers);
    }

    [Fact]
    public void A_realm_that_is_called_other_is_one_of_the_others()
    {
        TestServer server = With(new CountedRealms(10));
        Relay(server, "other/alice", "12345"u8);
        Assert.Equal([CountedRealms.Other, Users.Realm], server.Counters.Realms.Select(realm => realm.Name));
        Assert.Equal(1, Of(server, CountedRealms.Other).Allocations);
    }

    [Fact]
    public void Allocations_of_a_realm_go_up_and_down()
    {
        var server = new TestServer();
        TestClient client = new TestClient(server).Allocated();
        new TestClient(server, address: Addresses.Client.WithPort(2)).Allocated();
        Assert.Equal(2, Of(server, Users.Realm).Allocations);
        client.Refresh(0).IsSuccess();
        Assert.Equal(1, Of(server, Users.Realm).Allocations);
        server.Advance(601);
        Assert.Equal(0, Of(server, Users.Realm).Allocations);
    }

    [Fact]
    public void Allocations_are_counted_by_transport_and_family_and_follow_what_they_become()
    {
        var server = new TestServer();
        TestClient dual = new(server, transport: ClientTransport.Tls);
        dual.AllocateBoth().IsSuccess();
        new TestClient(server, address: Addresses.Client.WithPort(2)).Allocated(
            (ref StunMessageWriter w) => RequestedAddressFamily.Write(ref w, AddressFamily.IPv6));
        Assert.Equal([(ClientTransport.Udp, AllocationFamily.IPv6, 1), (ClientTransport.Tls, AllocationFamily.Dual, 1)], Kinds(server));

        dual.Refresh(0, AddressFamily.IPv4).IsSuccess();
        Assert.Equal([(ClientTransport.Udp, AllocationFamily.IPv6, 1), (ClientTransport.Tls, AllocationFamily.IPv6, 1)], Kinds(server));
        dual.Refresh(0).IsSuccess();
        Assert.Equal([(ClientTransport.Udp, AllocationFamily.IPv6, 1)], Kinds(server));
        server.Turn.EndAllAllocations();
        Assert.Empty(Kinds(server));
    }

    [Fact]
    public void An_allocation_that_moves_to_another_transport_counts_there_once_it_is_used()
    {
        var scene = new MobilityScene();
        TestClient later = scene.At(41_000, transport: ClientTransport.Tcp);
        MobilityScene.Move(later, scene.Ticket).IsSuccess();
        Assert.Equal([(ClientTransport.Udp, AllocationFamily.IPv4, 1)], Kinds(scene.Server));
        later.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        Assert.Equal([(ClientTransport.Tcp, AllocationFamily.IPv4, 1)], Kinds(scene.Server));
    }

    private static TestServer With(CountedRealms realms) => new(new PolicyChoice { Credentials = new TenantUsers() }, countedRealms: realms);

    private static void Relay(TestServer server, string username, ReadOnlySpan<byte> data)
    {
        TestClient client = TenantUsers.Client(server, username, 40_000 + server.Turn.AllocationCount).Allocated();
        client.CreatePermission(Addresses.Peer).IsSuccess();
        client.SendIndication(Addresses.Peer, data).IsToPeer(Addresses.Peer, data);
    }

    private static RealmCounters Of(TestServer server, string realm) => server.Counters.Realms.Single(each => each.Name == realm);

    private static List<(ClientTransport, AllocationFamily, long)> Kinds(TestServer server) =>
    [
        .. from transport in Enum.GetValues<ClientTransport>()
           from family in Enum.GetValues<AllocationFamily>()
           let count = server.Counters.Allocations(transport, family)
           where count != 0
           select (transport, family, count),
    ];
}
