using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>RFC 8656 section 12.</summary>
public class ChannelBindTests
{
    private readonly TestServer _server = new();
    private readonly TestClient _client;

    public ChannelBindTests() => _client = new TestClient(_server).Allocated();

    [Theory]
    [InlineData(0x4000)]
    [InlineData(0x4FFF)]
    public void A_number_of_the_range_is_bound_and_carries_data_both_ways(ushort number)
    {
        Assert.True(_client.ChannelBind(number, Addresses.Peer).IsSuccess().Authentic);
        _client.SendChannelData(number, "up"u8).IsToPeer(Addresses.Peer, "up"u8);
        _server.FromPeer(_server.RelayOf(_client), Addresses.Peer, "down"u8).IsChannelData(number, "down"u8);
    }

    [Theory]
    [InlineData(0x0000)]
    [InlineData(0x3FFF)]
    [InlineData(0x5000)]
    [InlineData(0x7FFF)]
    [InlineData(0x8000)]
    [InlineData(0xFFFF)]
    public void A_number_outside_0x4000_to_0x4FFF_is_400(ushort number)
    {
        _client.ChannelBind(number, Addresses.Peer).IsError(StunErrorCode.BadRequest);
        _client.SendIndication(Addresses.Peer, "x"u8).IsDrop(DropReason.NoPermission);
    }

    [Theory]
    [InlineData(0x4000)]
    [InlineData(0x5000)]
    [InlineData(0x7FFF)]
    public void The_numbers_of_RFC_5766_are_bound_and_carry_data_where_configured(ushort number)
    {
        _server.Change(choice => choice with { Rfc5766ChannelNumbers = true });
        _client.ChannelBind(number, Addresses.Peer).IsSuccess();
        _client.SendChannelData(number, "up"u8).IsToPeer(Addresses.Peer, "up"u8);
        _server.FromPeer(_server.RelayOf(_client), Addresses.Peer, "down"u8).IsChannelData(number, "down"u8);
        _client.ChannelBind(0x8000, Addresses.OtherPeer).IsError(StunErrorCode.BadRequest);
    }

    [Fact]
    public void Without_a_number_or_a_peer_it_is_400()
    {
        _client.Request(StunMethod.ChannelBind, (ref StunMessageWriter w) => ChannelNumber.Write(ref w, 0x4000))
            .IsError(StunErrorCode.BadRequest);
        _client.Request(StunMethod.ChannelBind, (ref StunMessageWriter w) => XorPeerAddress.Write(ref w, Addresses.Peer))
            .IsError(StunErrorCode.BadRequest);
        _client.Request(StunMethod.ChannelBind, (ref StunMessageWriter w) =>
        {
            w.Append(StunAttributeType.ChannelNumber, [0x40]);
            XorPeerAddress.Write(ref w, Addresses.Peer);
        }).IsError(StunErrorCode.BadRequest);
    }

    [Fact]
    public void A_number_bound_to_another_peer_is_400()
    {
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        _client.ChannelBind(0x4000, Addresses.OtherPeer).IsError(StunErrorCode.BadRequest);
        _client.ChannelBind(0x4000, Addresses.Peer.WithPort(1)).IsError(StunErrorCode.BadRequest);
        _client.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
    }

    [Fact]
    public void A_peer_bound_to_another_number_is_400()
    {
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        _client.ChannelBind(0x4001, Addresses.Peer).IsError(StunErrorCode.BadRequest);
        _client.SendChannelData(0x4001, "x"u8).IsDrop(DropReason.ChannelNotBound);
    }

    [Fact]
    public void Two_ports_of_one_peer_have_two_channels()
    {
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        TransportAddress rtcp = Addresses.Peer.WithPort(5001);
        _client.ChannelBind(0x4001, rtcp).IsSuccess();
        _client.SendChannelData(0x4001, "x"u8).IsToPeer(rtcp, "x"u8);
        _server.FromPeer(_server.RelayOf(_client), rtcp, "y"u8).IsChannelData(0x4001, "y"u8);
    }

    [Fact]
    public void A_peer_of_another_family_is_443() =>
        _client.ChannelBind(0x4000, Addresses.PeerV6).IsError(StunErrorCode.PeerAddressFamilyMismatch);

    [Fact]
    public void A_forbidden_peer_is_403() =>
        _client.ChannelBind(0x4000, Addresses.Parse("10.0.0.1:80")).IsError(StunErrorCode.Forbidden);

    [Fact]
    public void A_peer_with_port_0_cannot_be_sent_to_and_is_403() =>
        _client.ChannelBind(0x4000, Addresses.Peer.WithPort(0)).IsError(StunErrorCode.Forbidden);

    [Fact]
    public void Without_an_allocation_it_is_437() =>
        new TestClient(_server, address: Addresses.Client.WithPort(40001)).ChannelBind(0x4000, Addresses.Peer)
            .IsError(StunErrorCode.AllocationMismatch);

    [Fact]
    public void A_binding_installs_the_permission()
    {
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        _client.SendIndication(Addresses.Peer.WithPort(1), "x"u8).IsToPeer(Addresses.Peer.WithPort(1), "x"u8);
    }

    [Fact]
    public void A_binding_lasts_599_seconds_and_not_600()
    {
        _client.Refresh(3600).IsSuccess();
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        _server.Advance(599.999);
        _client.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        _server.Advance(0.001);
        _client.SendChannelData(0x4000, "x"u8).IsDrop(DropReason.ChannelNotBound);
    }

    [Fact]
    public void A_rebind_resets_the_binding_and_the_permission()
    {
        _client.Refresh(3600).IsSuccess();
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        _server.Advance(500);
        _client.SendIndication(Addresses.Peer, "x"u8).IsDrop(DropReason.NoPermission);
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        _client.SendIndication(Addresses.Peer, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        _server.Advance(599);
        _client.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
    }

    [Fact]
    public void ChannelData_never_extends_the_binding_or_the_permission_RFC_8656_12_6()
    {
        _client.Refresh(3600).IsSuccess();
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        for (int i = 0; i < 59; i++)
        {
            _server.Advance(10);
            _client.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
            Outcome fromPeer = _server.FromPeer(_server.RelayOf(_client), Addresses.Peer, "y"u8);
            Assert.Equal(i < 29 ? EgressKind.ToClient : EgressKind.Drop, fromPeer.Kind); // the permission ends at 300 s
        }

        _server.Advance(10);
        _client.SendChannelData(0x4000, "x"u8).IsDrop(DropReason.ChannelNotBound);
    }

    [Fact]
    public void Peer_data_needs_the_permission_though_the_channel_is_bound_RFC_8656_11_3()
    {
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        _server.Advance(300);
        _server.FromPeer(_server.RelayOf(_client), Addresses.Peer, "y"u8).IsDrop(DropReason.NoPermission);
        _client.CreatePermission(Addresses.Peer).IsSuccess();
        _server.FromPeer(_server.RelayOf(_client), Addresses.Peer, "y"u8).IsChannelData(0x4000, "y"u8);
        _server.Advance(100);
        _server.FromPeer(_server.RelayOf(_client), Addresses.Peer, "y"u8).IsChannelData(0x4000, "y"u8);
    }

    [Fact]
    public void After_its_end_a_number_is_no_other_peers_for_5_minutes()
    {
        _client.Refresh(3600).IsSuccess();
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        _server.Advance(600);
        _client.ChannelBind(0x4000, Addresses.OtherPeer).IsError(StunErrorCode.BadRequest);
        _client.ChannelBind(0x4001, Addresses.Peer).IsError(StunErrorCode.BadRequest);
        _server.Advance(299.999);
        _client.ChannelBind(0x4000, Addresses.OtherPeer).IsError(StunErrorCode.BadRequest);
        _client.ChannelBind(0x4001, Addresses.Peer).IsError(StunErrorCode.BadRequest);
        _server.Advance(0.001);
        _client.ChannelBind(0x4000, Addresses.OtherPeer).IsSuccess();
        _client.ChannelBind(0x4001, Addresses.Peer).IsSuccess();
        _client.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.OtherPeer, "x"u8);
        _client.SendChannelData(0x4001, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
    }

    [Fact]
    public void In_its_cool_down_a_number_may_be_rebound_to_its_own_peer()
    {
        _client.Refresh(3600).IsSuccess();
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        _server.Advance(700);
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        _client.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
    }

    [Fact]
    public void In_its_cool_down_peer_data_is_a_Data_indication()
    {
        _client.Refresh(3600).IsSuccess();
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        _server.Advance(600);
        _client.CreatePermission(Addresses.Peer).IsSuccess();
        _server.FromPeer(_server.RelayOf(_client), Addresses.Peer, "y"u8).IsToClient().IsDataIndication(Addresses.Peer, "y"u8);
    }

    [Fact]
    public void Channels_end_with_their_allocation_and_are_free_in_the_next()
    {
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        _client.Refresh(0).IsSuccess();
        _client.Allocated();
        _client.SendChannelData(0x4000, "x"u8).IsDrop(DropReason.ChannelNotBound);
        _client.ChannelBind(0x4000, Addresses.OtherPeer).IsSuccess();
    }

    [Fact]
    public void A_retransmitted_ChannelBind_gets_the_same_success()
    {
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        _client.Resend().IsSuccess();
    }

    [Fact]
    public void Many_channels_are_told_apart()
    {
        for (int i = 0; i < 100; i++)
        {
            _client.ChannelBind((ushort)(0x4000 + i), Addresses.PeerNumber(i)).IsSuccess();
            _server.AdvanceUnnoticed(0.1);
        }

        for (int i = 0; i < 100; i++)
        {
            _client.SendChannelData((ushort)(0x4000 + i), "x"u8).IsToPeer(Addresses.PeerNumber(i), "x"u8);
            _server.FromPeer(_server.RelayOf(_client), Addresses.PeerNumber(i), "y"u8).IsChannelData((ushort)(0x4000 + i), "y"u8);
        }
    }
}
