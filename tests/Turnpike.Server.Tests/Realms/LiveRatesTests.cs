namespace Turnpike.Server.Tests;

/// <summary>Rates that change while an allocation lives: the realm's caps, and the share of the user's bits.</summary>
public class LiveRatesTests
{
    private static readonly byte[] Kilobyte = new byte[1000];

    private readonly TestServer _server = new();
    private readonly TestClient _client;
    private readonly Allocation _allocation;

    public LiveRatesTests()
    {
        _client = new TestClient(_server).Allocated();
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        _allocation = _server.AllocationOf(_client);
    }

    [Fact]
    public void A_new_cap_of_packets_holds_for_a_live_allocation_from_its_next_datagram_in_both_directions()
    {
        Assert.Equal((50, 50), (ToPeer(50), ToClient(50)));
        Cap(new AllocationLimits { PacketsPerSecond = 10 });
        Assert.Equal((10, 10), (ToPeer(50), ToClient(50)));
        Cap(new AllocationLimits { PacketsPerSecond = 20 });
        Assert.Equal((0, 0), (ToPeer(1), ToClient(1)));
        _server.Advance(1);
        Assert.Equal((20, 20), (ToPeer(50), ToClient(50)));
        Cap(new AllocationLimits());
        Assert.Equal((50, 50), (ToPeer(50), ToClient(50)));
    }

    [Fact]
    public void A_lower_cap_takes_what_the_bucket_held_above_it()
    {
        Cap(new AllocationLimits { PacketsPerSecond = 100 });
        Assert.Equal(1, ToPeer(1));
        Cap(new AllocationLimits { PacketsPerSecond = 5 });
        Assert.Equal(5, ToPeer(50));
    }

    [Fact]
    public void A_change_elsewhere_fills_no_bucket()
    {
        Cap(new AllocationLimits { PacketsPerSecond = 10, BitsPerSecond = 8000, NewPeersPerSecond = 1 });
        Assert.Equal(1, ToPeer(1, Kilobyte));
        _client.CreatePermission(Addresses.OtherPeer).IsSuccess();
        for (int i = 0; i < 3; i++)
        {
            _server.Change(choice => choice.With(new RealmRules { Name = "another" }));
            _server.Turn.SetUserShare(_allocation.Id, 8000 + i);
            Assert.Equal(0, ToPeer(1));
            _client.CreatePermission(Addresses.PeerNumber(i)).IsError(Protocol.StunErrorCode.InsufficientCapacity);
        }
    }

    [Fact]
    public void A_new_cap_of_new_peers_holds_for_the_next_request()
    {
        Cap(new AllocationLimits { NewPeersPerSecond = 1 });
        _client.CreatePermission(Addresses.PeerNumber(1)).IsSuccess();
        _client.CreatePermission(Addresses.PeerNumber(2)).IsError(Protocol.StunErrorCode.InsufficientCapacity);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(8000, 0, 8000)]
    [InlineData(0, 8000, 8000)]
    [InlineData(16_000, 8000, 8000)]
    [InlineData(8000, 16_000, 8000)]
    public void The_lower_of_cap_and_share_holds_in_each_direction(long cap, long share, long effective)
    {
        Cap(new AllocationLimits { BitsPerSecond = cap });
        Assert.True(_server.Turn.SetUserShare(_allocation.Id, share));
        ToPeer(1, []); // the cap is adopted with a datagram, if the share has not brought it along
        Assert.Equal(effective, _allocation.BitsPerSecond);
        int kilobytes = effective == 0 ? 20 : (int)(effective / 8000);
        Assert.Equal((kilobytes, kilobytes), (ToPeer(20, Kilobyte), ToClient(20, Kilobyte)));
    }

    [Fact]
    public void A_share_outlives_a_change_of_the_cap_and_goes_with_a_share_of_0()
    {
        _server.Turn.SetUserShare(_allocation.Id, 16_000);
        Cap(new AllocationLimits { BitsPerSecond = 800_000 });
        Assert.Equal(2, ToPeer(10, Kilobyte));
        Assert.Equal(16_000, _allocation.BitsPerSecond);
        _server.Turn.SetUserShare(_allocation.Id, 0);
        Assert.Equal(800_000, _allocation.BitsPerSecond);
        _server.Advance(1);
        Assert.Equal(100, ToPeer(200, Kilobyte));
    }

    [Fact]
    public void A_share_for_an_allocation_that_is_gone_says_so()
    {
        _client.Refresh(0).IsSuccess();
        Assert.False(_server.Turn.SetUserShare(_allocation.Id, 1));
        Assert.False(_server.Turn.SetUserShare(0, 1));
    }

    [Fact]
    public void A_TCP_allocation_with_connections_adopts_a_new_cap_at_once_since_no_datagram_comes_by_RFC_6062()
    {
        var scene = new TcpScene();
        Allocation allocation = scene.Server.AllocationOf(scene.Client);
        scene.Connected(Addresses.Peer);
        Assert.Equal(0, allocation.BitsPerSecond);
        scene.Server.Change(choice => choice with { Limits = new AllocationLimits { BitsPerSecond = 9000 } });
        Assert.Equal(9000, allocation.BitsPerSecond);
    }

    [Fact]
    public void A_cap_that_came_while_a_TCP_allocation_had_no_connection_holds_for_its_next_one_RFC_6062()
    {
        var scene = new TcpScene();
        Allocation allocation = scene.Server.AllocationOf(scene.Client);
        scene.Server.Change(choice => choice with { Limits = new AllocationLimits { BitsPerSecond = 9000 } });
        scene.Connected(Addresses.Peer);
        Assert.Equal(9000, allocation.BitsPerSecond);
    }

    private void Cap(AllocationLimits limits) => _server.Change(choice => choice with { Limits = limits });

    /// <summary>How many of some datagrams get through.</summary>
    private int ToPeer(int count, byte[]? payload = null)
    {
        int passed = 0;
        for (int i = 0; i < count; i++)
        {
            passed += _client.SendChannelData(0x4000, payload ?? [1]).Kind == EgressKind.ToPeer ? 1 : 0;
        }

        return passed;
    }

    private int ToClient(int count, byte[]? payload = null)
    {
        Relay relay = _server.RelayOf(_client);
        int passed = 0;
        for (int i = 0; i < count; i++)
        {
            passed += _server.FromPeer(relay, Addresses.Peer, payload ?? [1]).Kind == EgressKind.ToClient ? 1 : 0;
        }

        return passed;
    }
}
