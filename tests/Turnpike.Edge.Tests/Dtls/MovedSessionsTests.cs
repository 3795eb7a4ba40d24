using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Edge.Transport;
using Turnpike.Edge.Transport.Dtls;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;
using Turnpike.Server;

namespace Turnpike.Edge.Tests.Dtls;

/// <summary>Mobility (RFC 8016) over DTLS among shards, where the test decides which shard a client comes to.</summary>
public sealed class MovedSessionsTests : IDisposable
{
    private readonly TestCertificates _files = DtlsRelay.Certificates();

    public void Dispose() => _files.Dispose();

    public static TheoryData<int, int> EveryPair()
    {
        var pairs = new TheoryData<int, int>();
        for (int from = 0; from < 3; from++)
        {
            for (int to = 0; to < 3; to++)
            {
                pairs.Add(from, to);
            }
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(EveryPair))]
    public void A_client_moves_from_any_shard_to_any_other(int from, int to)
    {
        using HandShards shards = new HandShards(_files, 3).Start();
        using Socket peer = RunningRelay.Client();
        using DtlsTestClient before = shards.ConnectAt(from);
        (byte[] ticket, TransportAddress relayed) = before.AllocateMobile(peer);
        using DtlsTestClient after = shards.ConnectAt(to);
        DtlsTestClient.TicketOf(after.Move(ticket));

        // The old address serves until the new one is used.
        peer.SendTo("old"u8, relayed.ToIPEndPoint());
        Assert.Equal([0x40, 0, 0, 3, .. "old"u8], before.Receive());
        after.Exchange(peer, relayed);
        after.Exchange(peer, relayed);

        Assert.Equal(1, shards.Allocations(from));
        Assert.Equal(2, shards.Sessions(from));
        Assert.Equal(from == to ? 0 : 1, shards.Away(to));
        Assert.Equal(0, RunningRelay.Code(after.Authenticated(StunMethod.Refresh, (ref StunMessageWriter w) => Lifetime.Write(ref w, 0))));
        Assert.Equal(0, shards.Allocations(from));
    }

    [Fact]
    public void Chained_moves_lead_through_all_shards_and_back_and_leave_no_session_behind()
    {
        using HandShards shards = new HandShards(_files, 3).Start();
        using Socket peer = RunningRelay.Client();
        var clients = new List<DtlsTestClient> { shards.ConnectAt(0) };
        (byte[] ticket, TransportAddress relayed) = clients[0].AllocateMobile(peer);
        foreach (int shard in (int[])[1, 2, 1, 0, 2])
        {
            clients.Add(shards.ConnectAt(shard));
            ticket = DtlsTestClient.TicketOf(clients[^1].Move(ticket));
            clients[^1].Exchange(peer, relayed);
        }

        // Back to the first, whose session is alive still.
        DtlsTestClient.TicketOf(clients[0].Move(ticket));
        clients[0].Exchange(peer, relayed);
        Assert.Equal(6, shards.Sessions(0));
        Assert.Equal((0, 2, 2), (shards.Away(0), shards.Away(1), shards.Away(2)));

        clients.ForEach(client => client.Close());
        Assert.True(SpinWait.SpinUntil(() => shards.Sessions(0) == 0, TimeSpan.FromSeconds(10)));
        Assert.True(SpinWait.SpinUntil(() => shards.Away(1) + shards.Away(2) == 0, TimeSpan.FromSeconds(10)));
        Assert.Equal(1, shards.Allocations(0)); // it waits for its ticket
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public void A_client_moves_back_from_another_shard()
    {
        using HandShards shards = new HandShards(_files, 2).Start();
        using Socket peer = RunningRelay.Client();
        using DtlsTestClient first = shards.ConnectAt(0);
        (byte[] ticket, TransportAddress relayed) = first.AllocateMobile(peer);
        using DtlsTestClient second = shards.ConnectAt(1);
        for (int i = 0; i < 3; i++)
        {
            ticket = DtlsTestClient.TicketOf(second.Move(ticket));
            second.Exchange(peer, relayed);
            ticket = DtlsTestClient.TicketOf(first.Move(ticket));
            first.Exchange(peer, relayed);
        }

        Assert.Equal(2, shards.Sessions(0));
        Assert.Equal(1, shards.Away(1));
    }

    [Fact]
    public void A_session_goes_on_to_a_third_shard_and_home_by_way_of_home()
    {
        using HandShards shards = new HandShards(_files, 3).Start();
        using Socket peer = RunningRelay.Client();
        using DtlsTestClient moving = shards.ConnectAt(2);
        foreach ((int shard, int away) in (ReadOnlySpan<(int, int)>)[(0, 1), (1, 1), (2, 0), (1, 1)])
        {
            using DtlsTestClient owner = shards.ConnectAt(shard);
            (byte[] ticket, TransportAddress relayed) = owner.AllocateMobile(peer);
            DtlsTestClient.TicketOf(moving.Move(ticket));
            moving.Exchange(peer, relayed);
            Assert.Equal(away, shards.Away(2));

            // Its allocation ends, and the client is free to move to another.
            Assert.Equal(0, RunningRelay.Code(moving.Authenticated(StunMethod.Refresh, (ref StunMessageWriter w) => Lifetime.Write(ref w, 0))));
            owner.Close();
        }

        Assert.True(SpinWait.SpinUntil(
            () => (shards.Sessions(0), shards.Sessions(1), shards.Sessions(2)) == (0, 1, 0), TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void What_stands_behind_the_ticket_in_its_datagram_follows_the_session()
    {
        using HandShards shards = new HandShards(_files, 2).Start();
        using Socket peer = RunningRelay.Client();
        using DtlsTestClient before = shards.ConnectAt(0);
        (byte[] ticket, _) = before.AllocateMobile(peer);
        using DtlsTestClient after = shards.ConnectAt(1);
        byte[] nonce = NonceOf(after);

        byte[] held = [];
        after.Transport.Outgoing = datagram =>
        {
            held = datagram;
            return [];
        };
        after.Send(RunningRelay.Request(StunMethod.Refresh, nonce, (ref StunMessageWriter w) => MobilityTicket.Write(ref w, ticket)));
        after.Transport.Outgoing = datagram => [[.. held, .. datagram]];
        after.Send([0x40, 0, 0, 4, .. "both"u8]);

        DtlsTestClient.TicketOf(after.Receive());
        byte[] buffer = new byte[100];
        Assert.Equal(4, peer.Receive(buffer));
        Assert.Equal("both"u8.ToArray(), buffer[..4]);
    }

    [Fact]
    public void Close_notify_ends_a_moved_session_here_and_at_home()
    {
        using HandShards shards = new HandShards(_files, 2).Start();
        using Socket peer = RunningRelay.Client();
        using DtlsTestClient before = shards.ConnectAt(0);
        (byte[] ticket, TransportAddress relayed) = before.AllocateMobile(peer);
        using DtlsTestClient after = shards.ConnectAt(1);
        DtlsTestClient.TicketOf(after.Move(ticket));
        after.Exchange(peer, relayed);
        after.Close();
        Assert.True(SpinWait.SpinUntil(() => shards.Away(1) == 0 && shards.Sessions(0) == 1, TimeSpan.FromSeconds(10)));

        // Nobody is there to receive, and what still comes from the client finds nothing.
        peer.SendTo("lost"u8, relayed.ToIPEndPoint());
        Assert.True(SpinWait.SpinUntil(() => shards.Drops(0, DropReason.NoDtlsSession) == 1, TimeSpan.FromSeconds(10)));
        after.Socket.SendTo([23, 254, 253, 0, 1, 0, 0, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4], after.Server);
        Assert.True(SpinWait.SpinUntil(() => shards.Drops(1, DropReason.NoDtlsSession) == 1, TimeSpan.FromSeconds(10)));
        Assert.Equal(1, shards.Allocations(0));
    }

    [Fact]
    public void An_allocation_that_has_expired_is_437_and_its_silent_session_ends_where_it_is()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using HandShards shards = new HandShards(_files, 2, time).Start();
        using Socket peer = RunningRelay.Client();
        using DtlsTestClient before = shards.ConnectAt(0);
        (byte[] ticket, TransportAddress relayed) = before.AllocateMobile(peer);
        using DtlsTestClient after = shards.ConnectAt(1);
        ticket = DtlsTestClient.TicketOf(after.Move(ticket));
        after.Exchange(peer, relayed);

        time.Advance(TimeSpan.FromSeconds(601));
        Assert.True(SpinWait.SpinUntil(() => shards.Allocations(0) == 0, TimeSpan.FromSeconds(10)));
        using DtlsTestClient late = shards.ConnectAt(1);
        Assert.Equal(437, RunningRelay.Code(late.Move(ticket)));
        Assert.Equal(1, shards.Away(1));
        Assert.Equal(0, RunningRelay.Code(late.Ask(RunningRelay.Request(StunMethod.Binding)))); // the session itself is well

        time.Advance(TimeSpan.FromMilliseconds(ShardDtls.IdleMilliseconds));
        Assert.True(SpinWait.SpinUntil(() => shards.Away(1) == 0 && shards.Sessions(0) == 0, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void A_client_without_an_allocation_makes_one_where_its_session_is()
    {
        using HandShards shards = new HandShards(_files, 2).Start();
        using Socket peer = RunningRelay.Client();
        using DtlsTestClient before = shards.ConnectAt(0);
        (byte[] ticket, _) = before.AllocateMobile(peer);
        before.Authenticated(StunMethod.Refresh, (ref StunMessageWriter w) => Lifetime.Write(ref w, 0));
        using DtlsTestClient after = shards.ConnectAt(1);
        Assert.Equal(437, RunningRelay.Code(after.Move(ticket)));

        (_, TransportAddress relayed) = after.AllocateMobile(peer);
        after.Exchange(peer, relayed);
        Assert.Equal(1, shards.Allocations(0));
        Assert.Equal(1, shards.Away(1));
    }

    [Fact]
    public void Another_users_ticket_is_441_and_a_forged_one_400_and_neither_moves_an_allocation()
    {
        using HandShards shards = new HandShards(_files, 2).Start();
        using Socket peer = RunningRelay.Client();
        using DtlsTestClient owner = shards.ConnectAt(0);
        (byte[] ticket, TransportAddress relayed) = owner.AllocateMobile(peer);
        using DtlsTestClient thief = shards.ConnectAt(1);
        void Write(ref StunMessageWriter writer) => MobilityTicket.Write(ref writer, ticket);
        Assert.Equal(441, RunningRelay.Code(thief.Authenticated(StunMethod.Refresh, Write, "bob", "bobby")));
        ticket[^1] ^= 1;
        Assert.Equal(400, RunningRelay.Code(thief.Move(ticket)));
        owner.Exchange(peer, relayed);
    }

    [Fact]
    public void A_new_handshake_takes_the_place_of_a_session_that_is_away()
    {
        using HandShards shards = new HandShards(_files, 2).Start();
        using Socket peer = RunningRelay.Client();
        using DtlsTestClient before = shards.ConnectAt(0);
        (byte[] ticket, TransportAddress relayed) = before.AllocateMobile(peer);
        using DtlsTestClient after = shards.ConnectAt(1);
        ticket = DtlsTestClient.TicketOf(after.Move(ticket));
        after.Exchange(peer, relayed);

        using DtlsTestClient again = new DtlsTestClient(shards.Port, after.Socket).Connect();
        Assert.True(SpinWait.SpinUntil(
            () => (shards.Sessions(0), shards.Sessions(1), shards.Away(1)) == (1, 1, 0), TimeSpan.FromSeconds(10)));

        // RFC 8016 section 3.2.2: no move, since the 5-tuple is the same. But the session is where the allocation is.
        Assert.Equal(400, RunningRelay.Code(again.Move(ticket)));
        Assert.Equal(0, RunningRelay.Code(again.Authenticated(StunMethod.Refresh, (ref StunMessageWriter _) => { })));
        again.Exchange(peer, relayed);
        Assert.Equal((2, 0, 1), (shards.Sessions(0), shards.Sessions(1), shards.Away(1)));
    }

    [Fact]
    public void Until_a_new_handshake_is_finished_the_session_that_is_away_serves()
    {
        using HandShards shards = new HandShards(_files, 2).Start();
        using Socket peer = RunningRelay.Client();
        using DtlsTestClient before = shards.ConnectAt(0);
        (byte[] ticket, TransportAddress relayed) = before.AllocateMobile(peer);
        using DtlsTestClient after = shards.ConnectAt(1);
        DtlsTestClient.TicketOf(after.Move(ticket));
        new Hello().Begin(after.Socket, after.Server);
        after.Exchange(peer, relayed);
        Assert.Equal(1, shards.Away(1));
    }

    [Fact]
    public void Where_there_is_no_room_a_move_is_508_and_the_session_goes_on_at_home()
    {
        using HandShards shards = new HandShards(_files, 2, sessions: 1).Start();
        using Socket peer = RunningRelay.Client();
        using DtlsTestClient before = shards.ConnectAt(0);
        (byte[] ticket, TransportAddress relayed) = before.AllocateMobile(peer);
        using DtlsTestClient after = shards.ConnectAt(1);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(508, RunningRelay.Code(after.Move(ticket)));
            Assert.Equal((1, 1, 0), (shards.Sessions(0), shards.Sessions(1), shards.Away(1)));
        }

        before.Exchange(peer, relayed);
        before.Close();
        Assert.True(SpinWait.SpinUntil(() => shards.Sessions(0) == 0, TimeSpan.FromSeconds(10)));
        DtlsTestClient.TicketOf(after.Move(ticket));
        after.Exchange(peer, relayed);
    }

    [Fact]
    public void A_session_that_is_away_keeps_its_place_at_home()
    {
        using HandShards shards = new HandShards(_files, 2, sessions: 2).Start();
        using Socket peer = RunningRelay.Client();
        using DtlsTestClient before = shards.ConnectAt(0);
        (byte[] ticket, _) = before.AllocateMobile(peer);
        using DtlsTestClient away = shards.ConnectAt(1);
        DtlsTestClient.TicketOf(away.Move(ticket));
        using DtlsTestClient other = shards.ConnectAt(1);

        using DtlsTestClient third = shards.ClientAt(1);
        new Hello().Begin(third.Socket, third.Server);
        Assert.True(SpinWait.SpinUntil(() => shards.Drops(1, DropReason.DtlsHandshakeLimit) > 0, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void A_shard_that_does_not_keep_up_is_handed_no_more_and_what_is_dropped_is_counted()
    {
        using HandShards shards = new HandShards(_files, 2).Start();
        using Socket peer = RunningRelay.Client();
        using DtlsTestClient before = shards.ConnectAt(0);
        (byte[] ticket, TransportAddress relayed) = before.AllocateMobile(peer);
        using DtlsTestClient after = shards.ConnectAt(1);
        DtlsTestClient.TicketOf(after.Move(ticket));
        after.Exchange(peer, relayed);

        // By hand: sockets would lose some of so many on the way.
        FiveTuple tuple = shards.Ask(() => new FiveTuple(
            TransportAddress.From((IPEndPoint)after.Socket.LocalEndPoint!), shards[1].Listener.Local, ClientTransport.Dtls));
        shards.Ask(() => shards[0].IsBusy = true);
        Assert.Equal(0, shards.Ask(() => HandOn(MovedClients.MaxWaiting)));
        Assert.Equal(3, shards.Ask(() => HandOn(3)));
        shards.Ask(() => shards[0].IsBusy = false);
        Assert.True(SpinWait.SpinUntil(
            () => shards.Drops(0, DropReason.RefusedDtlsRecord) == MovedClients.MaxWaiting, TimeSpan.FromSeconds(10)));
        after.Exchange(peer, relayed);

        long HandOn(int count)
        {
            long dropped = shards[1].Server.Counters.Drops(DropReason.MovedClientQueueFull);
            for (int i = 0; i < count; i++)
            {
                shards[1].Dtls.Moved!.TryHandOn(tuple, [23, 254, 253, 0, 1, 0, 0, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4], 0);
            }

            return shards[1].Server.Counters.Drops(DropReason.MovedClientQueueFull) - dropped;
        }
    }

    private static byte[] NonceOf(DtlsTestClient client)
    {
        StunMessage.TryParse(client.Ask(RunningRelay.Request(StunMethod.Refresh)), out StunMessage refused);
        Assert.Equal(AttributeResult.Ok, Nonce.Read(refused, out ReadOnlySpan<byte> nonce));
        return nonce.ToArray();
    }
}
