using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>The caps of one allocation, each hit.</summary>
public class AllocationLimitTests
{
    [Fact]
    public void Permissions_are_capped_with_508_and_an_expired_one_makes_room()
    {
        (TestServer server, TestClient client) = With(new AllocationLimits { Permissions = 2 });
        client.CreatePermission(Addresses.PeerNumber(1), Addresses.PeerNumber(2)).IsSuccess();
        Assert.True(client.CreatePermission(Addresses.PeerNumber(3)).IsError(StunErrorCode.InsufficientCapacity).Authentic);
        client.CreatePermission(Addresses.PeerNumber(2)).IsSuccess();
        server.Advance(300);
        client.CreatePermission(Addresses.PeerNumber(3)).IsSuccess();
        client.SendIndication(Addresses.PeerNumber(3), "x"u8).IsToPeer(Addresses.PeerNumber(3), "x"u8);
        client.SendIndication(Addresses.PeerNumber(1), "x"u8).IsDrop(DropReason.NoPermission);
    }

    [Fact]
    public void A_request_over_the_cap_installs_nothing()
    {
        (_, TestClient client) = With(new AllocationLimits { Permissions = 2 });
        client.CreatePermission(Addresses.PeerNumber(1), Addresses.PeerNumber(2), Addresses.PeerNumber(3))
            .IsError(StunErrorCode.InsufficientCapacity);
        client.SendIndication(Addresses.PeerNumber(1), "x"u8).IsDrop(DropReason.NoPermission);
    }

    [Fact]
    public void One_address_with_many_ports_is_one_permission()
    {
        (_, TestClient client) = With(new AllocationLimits { Permissions = 1, NewPeersPerSecond = 1 });
        client.CreatePermission(Addresses.Peer, Addresses.Peer.WithPort(1), Addresses.Peer.WithPort(2)).IsSuccess();
        client.SendIndication(Addresses.Peer, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
    }

    [Fact]
    public void ChannelBind_obeys_the_cap_of_permissions_too()
    {
        (_, TestClient client) = With(new AllocationLimits { Permissions = 1 });
        client.ChannelBind(0x4000, Addresses.PeerNumber(1)).IsSuccess();
        client.ChannelBind(0x4001, Addresses.PeerNumber(2)).IsError(StunErrorCode.InsufficientCapacity);
        client.ChannelBind(0x4001, Addresses.PeerNumber(1).WithPort(1)).IsSuccess();
    }

    [Fact]
    public void Channels_are_capped_with_508_until_a_cool_down_is_over()
    {
        (TestServer server, TestClient client) = With(new AllocationLimits { Channels = 2 });
        client.Refresh(3600).IsSuccess();
        client.ChannelBind(0x4000, Addresses.PeerNumber(1)).IsSuccess();
        client.ChannelBind(0x4001, Addresses.PeerNumber(2)).IsSuccess();
        client.ChannelBind(0x4002, Addresses.PeerNumber(3)).IsError(StunErrorCode.InsufficientCapacity);
        client.ChannelBind(0x4001, Addresses.PeerNumber(2)).IsSuccess();
        client.SendIndication(Addresses.PeerNumber(3), "x"u8).IsDrop(DropReason.NoPermission);
        server.Advance(899.999);
        client.ChannelBind(0x4002, Addresses.PeerNumber(3)).IsError(StunErrorCode.InsufficientCapacity);
        server.Advance(0.001);
        client.ChannelBind(0x4002, Addresses.PeerNumber(3)).IsSuccess();
    }

    [Fact]
    public void New_peers_a_second_are_capped_with_508()
    {
        (TestServer server, TestClient client) = With(new AllocationLimits { NewPeersPerSecond = 3 });
        client.CreatePermission(Addresses.PeerNumber(1), Addresses.PeerNumber(2)).IsSuccess();
        client.ChannelBind(0x4000, Addresses.PeerNumber(3)).IsSuccess();
        client.CreatePermission(Addresses.PeerNumber(4)).IsError(StunErrorCode.InsufficientCapacity);
        client.ChannelBind(0x4001, Addresses.PeerNumber(4)).IsError(StunErrorCode.InsufficientCapacity);
        client.CreatePermission(Addresses.PeerNumber(1)).IsSuccess(); // not new
        server.Advance(0.334);
        client.CreatePermission(Addresses.PeerNumber(4)).IsSuccess();
        client.CreatePermission(Addresses.PeerNumber(5)).IsError(StunErrorCode.InsufficientCapacity);
    }

    [Fact]
    public void Packets_a_second_are_capped_in_each_direction_by_itself()
    {
        (TestServer server, TestClient client) = With(new AllocationLimits { PacketsPerSecond = 10 });
        client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        Relay relay = server.RelayOf(client);
        for (int i = 0; i < 5; i++)
        {
            client.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
            client.SendIndication(Addresses.Peer, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        }

        client.SendChannelData(0x4000, "x"u8).IsDrop(DropReason.PacketRateExceeded);
        client.SendIndication(Addresses.Peer, "x"u8).IsDrop(DropReason.PacketRateExceeded);
        for (int i = 0; i < 10; i++)
        {
            server.FromPeer(relay, Addresses.Peer, "y"u8).IsChannelData(0x4000, "y"u8);
        }

        server.FromPeer(relay, Addresses.Peer, "y"u8).IsDrop(DropReason.PacketRateExceeded);
        server.Icmp(relay, new PeerIcmpError(Addresses.Peer, 3, 3, 0)).IsDrop(DropReason.PacketRateExceeded);
        Assert.Equal((10, 10), (server.Counters.PacketsToPeers, server.Counters.PacketsToClients));
        server.Advance(0.1);
        client.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        client.SendChannelData(0x4000, "x"u8).IsDrop(DropReason.PacketRateExceeded);
        server.FromPeer(relay, Addresses.Peer, "y"u8).IsChannelData(0x4000, "y"u8);
    }

    [Fact]
    public void Bits_a_second_are_capped_in_each_direction_by_itself()
    {
        (TestServer server, TestClient client) = With(new AllocationLimits { BitsPerSecond = 8000 });
        client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        Relay relay = server.RelayOf(client);
        byte[] half = new byte[500];
        client.SendChannelData(0x4000, half).IsToPeer(Addresses.Peer, half);
        client.SendIndication(Addresses.Peer, half).IsToPeer(Addresses.Peer, half);
        client.SendChannelData(0x4000, "x"u8).IsDrop(DropReason.BitRateExceeded);
        client.SendIndication(Addresses.Peer, "x"u8).IsDrop(DropReason.BitRateExceeded);
        server.FromPeer(relay, Addresses.Peer, half).IsChannelData(0x4000, half);
        server.FromPeer(relay, Addresses.Peer, half).IsChannelData(0x4000, half);
        server.FromPeer(relay, Addresses.Peer, "y"u8).IsDrop(DropReason.BitRateExceeded);
        Assert.Equal((1000, 1000), (server.Counters.BytesToPeers, server.Counters.BytesToClients));
        server.Advance(0.5);
        client.SendChannelData(0x4000, half).IsToPeer(Addresses.Peer, half);
        server.FromPeer(relay, Addresses.Peer, half).IsChannelData(0x4000, half);
        server.FromPeer(relay, Addresses.Peer, half).IsDrop(DropReason.BitRateExceeded);
    }

    [Fact]
    public void Over_a_long_time_the_rate_holds()
    {
        (TestServer server, TestClient client) = With(new AllocationLimits { BitsPerSecond = 80_000 });
        client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        byte[] payload = new byte[700];
        for (int i = 0; i < 1000; i++)
        {
            server.AdvanceUnnoticed(0.01);
            client.SendChannelData(0x4000, payload);
        }

        // 10 s at 10 000 bytes a second, and the second's worth in the bucket at the beginning.
        Assert.InRange(server.Counters.BytesToPeers, 100_000, 111_000);
    }

    [Fact]
    public void A_datagram_larger_than_the_bucket_passes_when_it_is_full_and_is_paid_for()
    {
        (TestServer server, TestClient client) = With(new AllocationLimits { BitsPerSecond = 800 });
        client.Refresh(3600).IsSuccess();
        client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        byte[] large = new byte[1000];
        client.SendChannelData(0x4000, large).IsToPeer(Addresses.Peer, large);
        server.Advance(9);
        client.SendChannelData(0x4000, large).IsDrop(DropReason.BitRateExceeded);
        server.Advance(1.1);
        client.SendChannelData(0x4000, large).IsToPeer(Addresses.Peer, large);
    }

    [Fact]
    public void Without_limits_nothing_is_dropped()
    {
        (_, TestClient client) = With(new AllocationLimits { NewPeersPerSecond = 0 });
        client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        for (int i = 0; i < 5000; i++)
        {
            Assert.Equal(EgressKind.ToPeer, client.SendChannelData(0x4000, "x"u8).Kind);
        }
    }

    private static (TestServer Server, TestClient Client) With(AllocationLimits limits)
    {
        var server = new TestServer(new PolicyChoice { Limits = limits });
        return (server, new TestClient(server).Allocated());
    }
}
