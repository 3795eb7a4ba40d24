using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>RFC 8016 section 3.1: who is given a ticket, and what a ticket is good for.</summary>
public class MobilityTicketTests
{
    [Fact]
    public void An_empty_MOBILITY_TICKET_in_Allocate_is_answered_with_a_ticket()
    {
        var server = new TestServer(new PolicyChoice { TicketKeys = [MobilityScene.Key] });
        Reply reply = new TestClient(server).Allocate(MobilityScene.Wanted).IsSuccess();
        Assert.Equal(SealedTicket.Length, reply.Value(StunAttributeType.MobilityTicket)!.Length);
    }

    [Fact]
    public void Without_the_attribute_there_is_no_ticket()
    {
        var server = new TestServer(new PolicyChoice { TicketKeys = [MobilityScene.Key] });
        Assert.False(new TestClient(server).Allocate().IsSuccess().Has(StunAttributeType.MobilityTicket));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_MOBILITY_TICKET_with_content_in_Allocate_is_400_whether_mobility_is_on_or_off(bool on) // RFC 8016 section 3.1.2
    {
        var server = new TestServer(new PolicyChoice { TicketKeys = on ? [MobilityScene.Key] : [] });
        new TestClient(server).Allocate((ref StunMessageWriter w) => MobilityTicket.Write(ref w, [1])).IsError(StunErrorCode.BadRequest);
        Assert.Equal(0, server.Quota.Held);
    }

    [Fact]
    public void Where_mobility_is_off_a_ticket_that_is_asked_for_is_405_and_the_client_goes_on_without()
    {
        var server = new TestServer();
        var client = new TestClient(server);
        Assert.True(client.Allocate(MobilityScene.Wanted).IsError(StunErrorCode.MobilityForbidden).Authentic);
        Assert.Equal(0, server.Quota.Held);
        client.Allocate().IsSuccess();
    }

    [Fact]
    public void Where_mobility_is_off_a_Refresh_with_a_ticket_is_405_and_changes_nothing()
    {
        var server = new TestServer();
        TestClient client = new TestClient(server).Allocated();
        _ = MobilityScene.Move(client, new byte[SealedTicket.Length], lifetime: 0).IsError(StunErrorCode.MobilityForbidden);
        Assert.Equal(1, server.Turn.AllocationCount);
    }

    [Fact]
    public void A_retransmitted_Allocate_gets_a_ticket_for_the_same_allocation()
    {
        var server = new TestServer(new PolicyChoice { TicketKeys = [MobilityScene.Key] });
        var client = new TestClient(server);
        Reply first = client.Allocate(MobilityScene.Wanted).IsSuccess();
        byte[] ticket = MobilityScene.TicketOf(client.Resend());
        Assert.Equal(1, server.Turn.AllocationCount);
        var moved = new TestClient(server, address: Addresses.Client.WithPort(41000));
        MobilityScene.Move(moved, ticket).IsSuccess();
        moved.CreatePermission(Addresses.Peer).IsSuccess();
        Assert.Equal(first.RelayedAddresses[0], server.RelayOf(moved).Address);
    }

    [Fact]
    public void A_ticket_is_text_of_32_characters_which_coturns_clients_can_keep() =>
        Assert.Matches("^[A-Za-z0-9_-]{32}$", System.Text.Encoding.ASCII.GetString(new MobilityScene().Ticket));

    [Fact]
    public void Every_changed_bit_of_a_ticket_is_400_and_moves_nothing()
    {
        var scene = new MobilityScene();
        TestClient client = scene.At(41000);
        for (int bit = 0; bit < SealedTicket.Length * 8; bit++)
        {
            byte[] forged = [.. scene.Ticket];
            forged[bit / 8] ^= (byte)(1 << (bit % 8));
            MobilityScene.Move(client, forged).IsError(StunErrorCode.BadRequest);
        }

        Assert.False(scene.Server.Turn.HasAllocation(client.FiveTuple));
        MobilityScene.Move(client, scene.Ticket).IsSuccess();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(SealedTicket.Length - 1)]
    [InlineData(SealedTicket.Length + 1)]
    [InlineData(60_000)]
    public void A_ticket_of_another_length_is_400(int length) =>
        MobilityScene.Move(new MobilityScene().At(41000), new byte[length]).IsError(StunErrorCode.BadRequest);

    [Fact]
    public void A_ticket_outlives_the_rotation_of_keys_as_long_as_its_own_is_kept()
    {
        var scene = new MobilityScene();
        TicketKey newer = TicketKey.Create(4);
        scene.Server.Change(choice => choice with { TicketKeys = [newer, MobilityScene.Key] });
        byte[] next = MobilityScene.TicketOf(MobilityScene.Move(scene.At(41000), scene.Ticket));
        Assert.Equal(newer.Id, System.Buffers.Text.Base64Url.DecodeFromUtf8(next)[0]);
        scene.Server.Change(choice => choice with { TicketKeys = [newer] });
        MobilityScene.Move(scene.At(41001), scene.Ticket).IsError(StunErrorCode.BadRequest);
        MobilityScene.Move(scene.At(41001), next).IsSuccess();
    }

    [Fact]
    public void A_ticket_under_another_key_of_the_same_name_is_400()
    {
        var scene = new MobilityScene();
        scene.Server.Change(choice => choice with { TicketKeys = [TicketKey.Create(MobilityScene.Key.Id)] });
        MobilityScene.Move(scene.At(41000), scene.Ticket).IsError(StunErrorCode.BadRequest);
    }

    [Fact]
    public void A_ticket_of_a_server_with_the_same_keys_names_nothing_here()
    {
        var elsewhere = new MobilityScene();
        var here = new MobilityScene();
        MobilityScene.Move(here.At(41000), elsewhere.Ticket).IsError(StunErrorCode.AllocationMismatch);
    }
}
