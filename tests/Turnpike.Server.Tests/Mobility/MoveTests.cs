using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>RFC 8016 section 3.2: moving an allocation to another 5-tuple.</summary>
public class MoveTests
{
    private readonly MobilityScene _scene = new();

    [Fact]
    public void A_move_answers_with_a_lifetime_and_a_new_ticket_and_the_relayed_address_stays()
    {
        TestClient moved = _scene.At(41000);
        Reply reply = MobilityScene.Move(moved, _scene.Ticket).IsSuccess();
        Assert.True(reply.Authentic);
        Assert.Equal(600u, reply.LifetimeSeconds);
        Assert.NotEqual(_scene.Ticket, MobilityScene.TicketOf(reply));
        moved.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        Assert.Equal(_scene.Relayed, _scene.Server.RelayOf(moved).Address);
        Assert.Equal(1, _scene.Server.Counters.AllocationsMoved);
    }

    [Fact]
    public void Until_the_new_5_tuple_is_used_the_old_one_serves_in_both_directions()
    {
        MobilityScene.Move(_scene.At(41000), _scene.Ticket).IsSuccess();
        Assert.Equal(_scene.Old.FiveTuple.Client, _scene.PeerDataGoesTo());
        _scene.Old.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        _scene.Old.Refresh().IsSuccess();
        Assert.Equal(_scene.Old.FiveTuple.Client, _scene.PeerDataGoesTo());
    }

    [Theory]
    [InlineData("ChannelData")]
    [InlineData("Send")]
    [InlineData("Refresh")]
    [InlineData("CreatePermission")]
    [InlineData("ChannelBind")]
    public void The_first_use_of_the_new_5_tuple_ends_the_old_one(string use)
    {
        TestClient moved = _scene.At(41000);
        MobilityScene.Move(moved, _scene.Ticket).IsSuccess();
        _ = use switch
        {
            "ChannelData" => moved.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8).Kind,
            "Send" => moved.SendIndication(Addresses.Peer, "x"u8).IsToPeer(Addresses.Peer, "x"u8).Kind,
            "Refresh" => Kind(moved.Refresh()),
            "CreatePermission" => Kind(moved.CreatePermission(Addresses.OtherPeer)),
            _ => Kind(moved.ChannelBind(0x4001, Addresses.OtherPeer)),
        };
        Assert.Equal(moved.FiveTuple.Client, _scene.PeerDataGoesTo());
        Assert.False(_scene.Server.Turn.HasAllocation(_scene.Old.FiveTuple));
        _scene.Old.SendChannelData(0x4000, "x"u8).IsDrop(DropReason.NoAllocation);
        _scene.Old.Refresh().IsError(StunErrorCode.AllocationMismatch);

        static EgressKind Kind(Reply reply)
        {
            Assert.Equal(0, reply.Code);
            return EgressKind.ToClient;
        }
    }

    [Fact]
    public void An_unauthenticated_request_from_the_new_5_tuple_is_no_use_of_it()
    {
        TestClient moved = _scene.At(41000);
        MobilityScene.Move(moved, _scene.Ticket).IsSuccess();
        new TestClient(_scene.Server, password: "wrong", address: moved.FiveTuple.Client).Refresh().IsError(StunErrorCode.Unauthorized);
        _scene.At(41000, "bob").Refresh().IsError(StunErrorCode.WrongCredentials);
        Assert.Equal(_scene.Old.FiveTuple.Client, _scene.PeerDataGoesTo());
    }

    [Fact]
    public void Another_user_with_a_stolen_ticket_is_441_and_moves_nothing()
    {
        TestClient thief = _scene.At(41000, "bob");
        Assert.True(MobilityScene.Move(thief, _scene.Ticket).IsError(StunErrorCode.WrongCredentials).Authentic);
        MobilityScene.Move(thief, _scene.Ticket, lifetime: 0).IsError(StunErrorCode.WrongCredentials);
        Assert.False(_scene.Server.Turn.HasAllocation(thief.FiveTuple));
        Assert.Equal(_scene.Old.FiveTuple.Client, _scene.PeerDataGoesTo());
    }

    [Fact]
    public void A_ticket_without_credentials_is_401_and_with_a_wrong_password_too()
    {
        TestClient client = _scene.At(41000);
        client.Exchange(client.Build(StunMethod.Refresh, (ref StunMessageWriter w) => MobilityTicket.Write(ref w, _scene.Ticket)))
            .IsError(StunErrorCode.Unauthorized);
        client.Password = "wrong";
        MobilityScene.Move(client, _scene.Ticket).IsError(StunErrorCode.Unauthorized);
        Assert.Equal(0, _scene.Server.Counters.AllocationsMoved);
    }

    [Fact]
    public void A_ticket_from_the_5_tuple_that_the_allocation_has_is_400() =>
        MobilityScene.Move(_scene.Old, _scene.Ticket).IsError(StunErrorCode.BadRequest);

    [Fact]
    public void A_ticket_from_a_5_tuple_with_another_allocation_is_437_and_both_go_on()
    {
        TestClient other = _scene.At(41000).Allocated();
        MobilityScene.Move(other, _scene.Ticket).IsError(StunErrorCode.AllocationMismatch);
        Assert.Equal(2, _scene.Server.Turn.AllocationCount);
        Assert.Equal(_scene.Old.FiveTuple.Client, _scene.PeerDataGoesTo());
    }

    [Fact]
    public void A_retransmitted_move_is_answered_again_before_and_after_the_new_5_tuple_is_used()
    {
        TestClient moved = _scene.At(41000);
        MobilityScene.Move(moved, _scene.Ticket).IsSuccess();
        byte[] request = moved.LastRequest;
        byte[] ticket = MobilityScene.TicketOf(moved.Resend());
        Assert.Equal(_scene.Old.FiveTuple.Client, _scene.PeerDataGoesTo());
        moved.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        MobilityScene.TicketOf(moved.Exchange(request));
        Assert.Equal(1, _scene.Server.Counters.AllocationsMoved);
        MobilityScene.Move(_scene.At(41001), ticket).IsSuccess();
    }

    [Fact]
    public void The_same_move_in_a_new_transaction_succeeds_while_it_is_not_complete_and_is_400_after()
    {
        TestClient moved = _scene.At(41000);
        MobilityScene.Move(moved, _scene.Ticket).IsSuccess();
        byte[] ticket = MobilityScene.TicketOf(MobilityScene.Move(moved, _scene.Ticket));
        moved.Refresh().IsSuccess();
        MobilityScene.Move(moved, ticket).IsError(StunErrorCode.BadRequest);
        Assert.Equal(1, _scene.Server.Counters.AllocationsMoved);
    }

    [Fact]
    public void A_ticket_is_spent_once_the_client_has_used_its_new_5_tuple()
    {
        TestClient moved = _scene.At(41000);
        byte[] next = MobilityScene.TicketOf(MobilityScene.Move(moved, _scene.Ticket));
        moved.Refresh().IsSuccess();
        MobilityScene.Move(_scene.At(41001), _scene.Ticket).IsError(StunErrorCode.AllocationMismatch);
        MobilityScene.Move(_scene.At(41001), next).IsSuccess();
    }

    [Fact]
    public void A_client_whose_answer_was_lost_moves_on_with_the_ticket_that_it_has()
    {
        MobilityScene.Move(_scene.At(41000), _scene.Ticket).IsSuccess();
        MobilityScene.Move(_scene.At(41001), _scene.Ticket).IsSuccess();
        TestClient last = _scene.At(41002);
        MobilityScene.Move(last, _scene.Ticket).IsSuccess();
        Assert.False(_scene.Server.Turn.HasAllocation(_scene.At(41000).FiveTuple));
        Assert.False(_scene.Server.Turn.HasAllocation(_scene.At(41001).FiveTuple));
        Assert.Equal(_scene.Old.FiveTuple.Client, _scene.PeerDataGoesTo());
        last.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        Assert.Equal(last.FiveTuple.Client, _scene.PeerDataGoesTo());
    }

    [Fact]
    public void A_client_may_move_back()
    {
        TestClient moved = _scene.At(41000);
        byte[] next = MobilityScene.TicketOf(MobilityScene.Move(moved, _scene.Ticket));
        moved.Refresh().IsSuccess();
        MobilityScene.Move(_scene.Old, next).IsSuccess();
        _scene.Old.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        Assert.Equal(_scene.Old.FiveTuple.Client, _scene.PeerDataGoesTo());
    }

    [Fact]
    public void LIFETIME_0_with_a_ticket_deletes_from_the_new_5_tuple_and_its_retransmission_is_answered()
    {
        TestClient moved = _scene.At(41000);
        Reply reply = MobilityScene.Move(moved, _scene.Ticket, lifetime: 0).IsSuccess();
        Assert.Equal(0u, reply.LifetimeSeconds);
        Assert.False(reply.Has(StunAttributeType.MobilityTicket));
        moved.Resend().IsSuccess();
        Assert.Equal(0, _scene.Server.Turn.AllocationCount);
        Assert.Equal(0, _scene.Server.Quota.Held);
        Assert.Equal(0, _scene.Server.Pool.OpenCount);
        MobilityScene.Move(_scene.At(41001), _scene.Ticket).IsError(StunErrorCode.AllocationMismatch);
    }

    [Fact]
    public void A_ticket_ends_with_its_allocation()
    {
        _scene.Server.AdvanceUnnoticed(600);
        MobilityScene.Move(_scene.At(41000), _scene.Ticket).IsError(StunErrorCode.AllocationMismatch);
        Assert.Equal(0, _scene.Server.Turn.AllocationCount);
        Assert.Empty(_scene.Server.Turn.MobileAllocations);
    }

    [Fact]
    public void A_move_extends_the_allocation_as_a_Refresh_does()
    {
        _scene.Server.Advance(500);
        MobilityScene.Move(_scene.At(41000), _scene.Ticket, lifetime: 1200).IsSuccess();
        _scene.Server.Advance(1199);
        Assert.Equal(1, _scene.Server.Turn.AllocationCount);
        _scene.Server.Advance(2);
        Assert.Equal(0, _scene.Server.Turn.AllocationCount);
        Assert.False(_scene.Server.Turn.HasAllocation(_scene.Old.FiveTuple));
        Assert.False(_scene.Server.Turn.HasAllocation(_scene.At(41000).FiveTuple));
    }

    [Fact]
    public void A_move_of_one_family_that_the_allocation_has_not_is_443_and_no_move()
    {
        TestClient client = _scene.At(41000);
        client.Request(StunMethod.Refresh, (ref StunMessageWriter w) =>
        {
            MobilityTicket.Write(ref w, _scene.Ticket);
            RequestedAddressFamily.Write(ref w, AddressFamily.IPv6);
        }).IsError(StunErrorCode.PeerAddressFamilyMismatch);
        Assert.False(_scene.Server.Turn.HasAllocation(client.FiveTuple));
    }

    [Fact]
    public void An_Allocate_on_a_5_tuple_that_waits_is_437_and_no_use_of_it()
    {
        TestClient moved = _scene.At(41000);
        MobilityScene.Move(moved, _scene.Ticket).IsSuccess();
        moved.Allocate().IsError(StunErrorCode.AllocationMismatch);
        Assert.Equal(_scene.Old.FiveTuple.Client, _scene.PeerDataGoesTo());
    }

    [Fact]
    public void A_move_from_UDP_to_TCP_changes_how_the_client_is_spoken_to()
    {
        TestClient moved = _scene.At(41000, transport: ClientTransport.Tcp);
        MobilityScene.Move(moved, _scene.Ticket).IsSuccess();
        moved.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        Outcome outcome = _scene.Server.FromPeer(_scene.Relay, Addresses.Peer, "p"u8);
        Assert.Equal(8, outcome.Datagram.Length);
        Assert.Equal(ClientTransport.Tcp, outcome.FiveTuple.Transport);
    }

    [Fact]
    public void An_allocation_with_a_ticket_outlives_its_closed_connection_and_one_without_does_not()
    {
        TestClient tcp = _scene.At(41000, transport: ClientTransport.Tcp);
        byte[] ticket = MobilityScene.TicketOf(tcp.Allocate(MobilityScene.Wanted));
        TestClient plain = _scene.At(41001, transport: ClientTransport.Tcp).Allocated();
        _scene.Server.Turn.OnClientClosed(tcp.FiveTuple, _scene.Server.Now);
        _scene.Server.Turn.OnClientClosed(plain.FiveTuple, _scene.Server.Now);
        Assert.Equal(2, _scene.Server.Turn.AllocationCount);

        TestClient moved = _scene.At(41002, transport: ClientTransport.Tcp);
        MobilityScene.Move(moved, ticket).IsSuccess();
        _scene.Server.Turn.OnClientClosed(moved.FiveTuple, _scene.Server.Now);
        Assert.False(_scene.Server.Turn.HasAllocation(moved.FiveTuple));
        Assert.True(_scene.Server.Turn.HasAllocation(tcp.FiveTuple));
    }

    [Fact]
    public void A_connection_that_closes_during_a_move_leaves_the_allocation_to_the_new_one()
    {
        TestClient tcp = _scene.At(41000, transport: ClientTransport.Tcp);
        byte[] ticket = MobilityScene.TicketOf(tcp.Allocate(MobilityScene.Wanted));
        TestClient moved = _scene.At(41001, transport: ClientTransport.Tcp);
        MobilityScene.Move(moved, ticket).IsSuccess();
        _scene.Server.Turn.OnClientClosed(tcp.FiveTuple, _scene.Server.Now);
        Assert.False(_scene.Server.Turn.HasAllocation(tcp.FiveTuple));
        moved.CreatePermission(Addresses.OtherPeer).IsSuccess();
    }
}
