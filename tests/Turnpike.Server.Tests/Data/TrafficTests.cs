namespace Turnpike.Server.Tests;

/// <summary>What each allocation has relayed.</summary>
public class TrafficTests
{
    private readonly TestServer _server = new();
    private readonly TestClient _client;
    private readonly AllocationTraffic _traffic;

    public TrafficTests()
    {
        _client = new TestClient(_server).Allocated();
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        _client.CreatePermission(Addresses.OtherPeer).IsSuccess();
        _traffic = _server.AllocationOf(_client).Traffic;
    }

    [Fact]
    public void ChannelData_Send_and_what_peers_send_count_by_payload()
    {
        _client.SendChannelData(0x4000, new byte[100]);
        _client.SendIndication(Addresses.OtherPeer, new byte[30]);
        _client.SendIndication(Addresses.OtherPeer, []);
        _server.FromPeer(_server.RelayOf(_client), Addresses.Peer, new byte[7]);
        _server.FromPeer(_server.RelayOf(_client), Addresses.OtherPeer, new byte[5]);
        Assert.Equal((3, 130, 2, 12), Read(_traffic));
        Assert.Equal(
            (_server.Counters.PacketsToPeers, _server.Counters.BytesToPeers, _server.Counters.PacketsToClients, _server.Counters.BytesToClients),
            Read(_traffic));
    }

    [Fact]
    public void What_is_dropped_counts_for_nobody()
    {
        _client.SendChannelData(0x4001, "x"u8).IsDrop(DropReason.ChannelNotBound);
        _client.SendIndication(Addresses.PeerNumber(1), "x"u8).IsDrop(DropReason.NoPermission);
        _server.FromPeer(_server.RelayOf(_client), Addresses.PeerNumber(1), "y"u8).IsDrop(DropReason.NoPermission);
        _server.Change(choice => choice with { Limits = new AllocationLimits { BitsPerSecond = 8 } });
        _client.SendChannelData(0x4000, "x"u8);
        _client.SendChannelData(0x4000, "x"u8).IsDrop(DropReason.BitRateExceeded);
        _server.FromPeer(_server.RelayOf(_client), Addresses.Peer, "y"u8);
        _server.FromPeer(_server.RelayOf(_client), Addresses.Peer, "y"u8).IsDrop(DropReason.BitRateExceeded);
        Assert.Equal((1, 1, 1, 1), Read(_traffic));
    }

    [Fact]
    public void ICMP_errors_are_no_payload()
    {
        _server.Icmp(_server.RelayOf(_client), new PeerIcmpError(Addresses.Peer, 3, 3, 0)).IsToClient();
        Assert.Equal((0, 0, 0, 0), Read(_traffic));
    }

    [Fact]
    public void Two_allocations_count_apart_and_a_count_outlives_its_allocation()
    {
        TestClient other = new TestClient(_server, "bob", "bob-password", Addresses.Client.WithPort(40_001)).Allocated();
        other.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        AllocationTraffic others = _server.AllocationOf(other).Traffic;
        _client.SendChannelData(0x4000, new byte[100]);
        other.SendChannelData(0x4000, new byte[10]);
        other.Refresh(0).IsSuccess();
        Assert.Equal((1, 100, 0, 0), Read(_traffic));
        Assert.Equal((1, 10, 0, 0), Read(others));
    }

    [Fact]
    public void Bytes_over_TCP_are_added_by_many_threads_beside_the_datagrams_RFC_6062()
    {
        _client.SendChannelData(0x4000, new byte[100]);
        using var together = new Barrier(4);
        Thread[] threads =
        [
            .. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
            {
                together.SignalAndWait();
                for (int i = 0; i < 500_000; i++)
                {
                    _traffic.AddToPeers(3);
                    _traffic.AddToClients(2);
                }
            })),
        ];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Equal((1, 6_000_100, 0, 4_000_000), Read(_traffic));
    }

    private static (long, long, long, long) Read(AllocationTraffic traffic) =>
        (traffic.PacketsToPeers, traffic.BytesToPeers, traffic.PacketsToClients, traffic.BytesToClients);
}
