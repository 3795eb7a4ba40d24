using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;
using Turnpike.Testing;

namespace Turnpike.Server.Tests;

/// <summary>What moves must not cost: memory (GHSA-hpq3-g7x4-h7xx) and quota (GHSA-f6hc-79w3-p8pq).</summary>
public class MobilityLimitTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Ten_thousand_chained_moves_hold_two_5_tuples_and_one_allocation(bool used)
    {
        var scene = new MobilityScene(new PolicyChoice { UnauthenticatedResponsesPerSecond = 0 });
        byte[] ticket = scene.Ticket;
        TestClient before = scene.Old;
        for (int i = 0; i < 10_000; i++)
        {
            TestClient client = scene.At(1 + i);
            ticket = MobilityScene.TicketOf(MobilityScene.Move(client, ticket));
            if (used)
            {
                client.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
                Assert.False(scene.Server.Turn.HasAllocation(before.FiveTuple));
            }

            before = client;
        }

        int held = Enumerable.Range(1, 10_000).Count(port => scene.Server.Turn.HasAllocation(scene.At(port).FiveTuple))
            + (used || !scene.Server.Turn.HasAllocation(scene.Old.FiveTuple) ? 0 : 1);
        Assert.Equal(used ? 1 : 2, held);
        Assert.Equal(1, scene.Server.Turn.AllocationCount);
        Assert.Single(scene.Server.Turn.MobileAllocations);
        Assert.Equal(1, scene.Server.Quota.Held);
        Assert.Equal(1, scene.Server.Quota.Acquired);
        Assert.Equal(1, scene.Server.Pool.OpenCount);
        Assert.Equal(10_000, scene.Server.Counters.AllocationsMoved);
        Assert.Equal(1, scene.Server.Turn.EndAllAllocations());
        Assert.Equal(0, scene.Server.Quota.Held);
    }

    [Fact]
    public void A_user_at_its_quota_can_move_and_can_not_allocate()
    {
        var scene = new MobilityScene();
        scene.Server.Quota.Decision = QuotaDecision.UserQuotaReached;
        TestClient moved = scene.At(41000);
        MobilityScene.Move(moved, scene.Ticket).IsSuccess();
        moved.Refresh().IsSuccess();
        scene.Old.Allocate().IsError(StunErrorCode.AllocationQuotaReached);
        Assert.Equal(1, scene.Server.Quota.Held);
    }

    [Fact]
    public void Relaying_after_a_move_allocates_nothing()
    {
        var scene = new MobilityScene();
        TestClient moved = scene.At(41000);
        MobilityScene.Move(moved, scene.Ticket).IsSuccess();
        FiveTuple tuple = moved.FiveTuple;
        byte[] datagram = new byte[164];
        ChannelData.WriteHeader(datagram, 0x4000, 160);
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal(EgressKind.ToPeer, scene.Server.Turn.OnClientDatagram(in tuple, datagram, scene.Server.Now).Kind);
        }

        Assert.Equal(0, AllocatedBytes.During(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                scene.Server.Turn.OnClientDatagram(in tuple, datagram, scene.Server.Now);
            }
        }));
    }

    [Fact]
    public void A_ticket_of_another_shard_is_told_apart_and_refused_where_it_is_not_brought_there()
    {
        var scene = new MobilityScene();
        TestClient client = scene.At(41000);
        client.Challenge();
        byte[] request = client.Build(StunMethod.Refresh, (ref StunMessageWriter w) => MobilityTicket.Write(ref w, Of(shard: 5)));
        Assert.True(scene.Server.Turn.TryReadTicketOwner(client.FiveTuple, request, scene.Server.Now, out int shard));
        Assert.Equal(5, shard);
        client.Exchange(request).IsError(StunErrorCode.InsufficientCapacity);
    }

    [Fact]
    public void A_request_is_brought_to_no_other_shard_without_a_valid_nonce_a_true_ticket_and_a_free_5_tuple()
    {
        var scene = new MobilityScene();
        TestClient client = scene.At(41000);
        byte[] ticket = Of(shard: 5);
        Assert.False(Reads(client, ticket)); // no nonce
        client.Challenge();
        Assert.True(Reads(client, ticket));
        ticket[20] = (byte)(ticket[20] == 'A' ? 'B' : 'A');
        Assert.False(Reads(client, ticket));
        Assert.False(Reads(client, scene.Ticket)); // of this shard
        scene.Old.Nonce = client.Nonce;
        Assert.False(Reads(scene.Old, Of(shard: 5)));
        Assert.False(scene.Server.Turn.TryReadTicketOwner(client.FiveTuple, [], scene.Server.Now, out _));
        scene.Server.Change(choice => choice with { TicketKeys = [] });
        Assert.False(Reads(client, Of(shard: 5)));

        bool Reads(TestClient from, byte[] with) => scene.Server.Turn.TryReadTicketOwner(
            from.FiveTuple,
            from.Build(StunMethod.Refresh, (ref StunMessageWriter w) => MobilityTicket.Write(ref w, with)),
            scene.Server.Now,
            out _);
    }

    private static byte[] Of(byte shard)
    {
        byte[] ticket = new byte[SealedTicket.Length];
        SealedTicket.Seal([MobilityScene.Key], new Ticket(1, 0, shard), ticket);
        return ticket;
    }
}
