using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>Allocations that are ended from outside, by their ids or by a condition.</summary>
public class EndAllocationTests
{
    [Theory]
    [InlineData(AllocationEnd.Revoked)]
    [InlineData(AllocationEnd.QuotaReached)]
    [InlineData(AllocationEnd.Terminated)]
    public void An_end_by_id_gives_back_all_that_the_allocation_held(AllocationEnd reason)
    {
        var server = new TestServer();
        var client = new TestClient(server);
        client.AllocateBoth().IsSuccess();
        client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        Allocation allocation = server.AllocationOf(client);
        Relay relay = server.RelayOf(client);
        Assert.True(server.Turn.EndAllocation(allocation.Id, reason));
        Assert.Equal((allocation, reason), Assert.Single(server.Observer.Ends));
        Assert.Equal((0, 0, 0), (server.Turn.AllocationCount, server.Pool.OpenCount, server.Quota.Held));
        Assert.Equal(1, server.Counters.AllocationsEnded);

        client.SendChannelData(0x4000, "x"u8).IsDrop(DropReason.NoAllocation);
        server.FromPeer(relay, Addresses.Peer, "y"u8).IsDrop(DropReason.RelayWithoutAllocation);
        client.Refresh().IsError(StunErrorCode.AllocationMismatch);
        Assert.False(server.Turn.EndAllocation(allocation.Id, reason));
        client.Allocated();
        client.Refresh(0).IsSuccess();
        Assert.Empty(server.Advance(4000));
        Assert.Equal([reason, AllocationEnd.Deleted], server.Observer.Ends.Select(end => end.Reason));
    }

    [Fact]
    public void A_condition_picks_allocations_and_leaves_the_others_as_they_are()
    {
        var server = new TestServer(new PolicyChoice { Credentials = new TenantUsers() });
        TestClient[] clients =
        [
            .. Enumerable.Range(0, 40).Select(i => TenantUsers.Client(server, i % 2 == 0 ? "red/alice" : "blue/alice", 40_000 + i).Allocated()),
        ];
        Assert.Equal(20, server.Turn.EndAllocations(allocation => allocation.Realm == "red", AllocationEnd.Revoked));
        Assert.Equal(0, server.Turn.EndAllocations(allocation => allocation.Realm == "red", AllocationEnd.Revoked));
        Assert.Equal(20, server.Turn.AllocationCount);
        Assert.All(server.Observer.Live, allocation => Assert.Equal("blue", allocation.Realm));
        Assert.Equal(20, server.Quota.Held);
        for (int i = 0; i < clients.Length; i++)
        {
            Assert.Equal(i % 2 == 0 ? StunErrorCode.AllocationMismatch : 0, clients[i].Refresh().Code);
        }
    }

    [Fact]
    public void Connections_with_peers_end_with_their_allocation_in_whatever_state_RFC_6062()
    {
        var scene = new TcpScene();
        uint bound = scene.Connected(Addresses.Peer);
        TestClient data = scene.DataClient();
        scene.Bind(bound, data).IsSuccess();
        uint unbound = scene.Connected(Addresses.OtherPeer);
        scene.Connect(Addresses.PeerNumber(1)).IsPending();
        uint connecting = scene.Connections.LastAttempt;
        Assert.True(scene.Server.Turn.EndAllocation(scene.Server.AllocationOf(scene.Client).Id, AllocationEnd.Revoked));
        Assert.Equal(AllocationEnd.Revoked, Assert.Single(scene.Server.Observer.Ends).Reason);
        Assert.Equal(new HashSet<uint> { bound, unbound, connecting }, [.. scene.Connections.Closed]);
        Assert.Empty(scene.Connections.Listening);

        // What comes late about them finds nothing.
        scene.Complete(connecting).IsDrop(DropReason.PeerConnectionGone);
        scene.Server.Turn.OnPeerConnectionClosed(bound);
        scene.Server.Turn.OnClientClosed(data.FiveTuple, scene.Server.Now);
        scene.Server.Turn.OnClientClosed(scene.Client.FiveTuple, scene.Server.Now);
        Assert.Empty(scene.Server.Advance(60));
        Assert.Equal(0, scene.Server.Quota.Held);
        Assert.Single(scene.Server.Observer.Ends);
    }

    [Fact]
    public void An_allocation_that_is_moving_ends_under_both_its_5_tuples_and_its_ticket_is_worth_nothing_RFC_8016()
    {
        var scene = new MobilityScene();
        TestClient moving = scene.At(40_500);
        byte[] ticket = MobilityScene.TicketOf(MobilityScene.Move(moving, scene.Ticket));
        Assert.True(scene.Server.Turn.EndAllocation(scene.Server.AllocationOf(moving).Id, AllocationEnd.Terminated));
        Assert.Equal((0, 0, 0), (scene.Server.Turn.AllocationCount, scene.Server.Pool.OpenCount, scene.Server.Quota.Held));
        Assert.False(scene.Server.Turn.HasAllocation(moving.FiveTuple));
        Assert.False(scene.Server.Turn.HasAllocation(scene.Old.FiveTuple));
        MobilityScene.Move(scene.At(40_501), ticket).IsError(StunErrorCode.AllocationMismatch);
        MobilityScene.Move(scene.Old, scene.Ticket).IsError(StunErrorCode.AllocationMismatch);
        Assert.Empty(scene.Server.Advance(4000));
        Assert.Single(scene.Server.Observer.Ends);
    }

    [Fact]
    public void Many_allocations_that_are_moving_are_picked_once_each_RFC_8016()
    {
        var scene = new MobilityScene();
        MobilityScene.Move(scene.At(40_500), scene.Ticket).IsSuccess();
        int asked = 0;
        Assert.Equal(1, scene.Server.Turn.EndAllocations(_ => asked++ == 0, AllocationEnd.Revoked));
        Assert.Equal(1, asked);
    }

    [Fact]
    public void Ids_name_their_shard_and_are_never_used_again()
    {
        var ids = new HashSet<long>();
        foreach (byte shard in new byte[] { 0, 1, 255 })
        {
            var server = new TestServer(shard: shard);
            for (int i = 0; i < 3; i++)
            {
                TestClient client = new TestClient(server).Allocated();
                long id = server.AllocationOf(client).Id;
                Assert.True(ids.Add(id));
                Assert.InRange(id, 1, 1L << 53); // whole also where numbers are doubles
                Assert.Equal(shard, TurnServer.ShardOf(id));
                client.Refresh(0).IsSuccess();
            }
        }
    }

    [Fact]
    public void An_Allocate_that_waits_for_quota_while_its_user_is_revoked_makes_no_allocation()
    {
        var users = new TenantUsers();
        var server = new TestServer(new PolicyChoice { Credentials = users }) { Quota = { Decision = QuotaDecision.Pending } };
        TestClient client = TenantUsers.Client(server, "red/alice");
        client.Challenge();
        client.Send(client.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        users.Revoked.Add("red/alice");
        Assert.Equal(0, server.Turn.EndAllocations(_ => true, AllocationEnd.Revoked));
        server.Quota.Grant();
        client.Check(server.CompleteQuota(server.Quota.Tickets[0], QuotaDecision.Granted, realm: "red").IsToClient())
            .IsError(StunErrorCode.Unauthorized);
        Assert.Equal((0, 0), (server.Quota.Held, server.Turn.AllocationCount));
    }
}
