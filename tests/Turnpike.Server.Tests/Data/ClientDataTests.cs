using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>Send indications (RFC 8656 section 11.2) and ChannelData (section 12.6) from the client.</summary>
public class ClientDataTests
{
    private readonly TestServer _server = new();
    private readonly TestClient _client;

    public ClientDataTests()
    {
        _client = new TestClient(_server).Allocated();
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(160)]
    [InlineData(1400)]
    [InlineData(65000)]
    public void A_Send_indication_is_relayed_whole(int length)
    {
        byte[] payload = Payload(length);
        Outcome outcome = _client.SendIndication(Addresses.Peer, payload).IsToPeer(Addresses.Peer, payload);
        Assert.Same(_server.RelayOf(_client), outcome.Relay);
        Assert.False(outcome.DontFragment);
        Assert.Equal(1, _server.Counters.PacketsToPeers);
        Assert.Equal(length, _server.Counters.BytesToPeers);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1400)]
    [InlineData(65503)]
    public void ChannelData_is_relayed_whole_also_when_empty_RFC_8656_12_6(int length)
    {
        byte[] payload = Payload(length);
        Assert.Same(_server.RelayOf(_client), _client.SendChannelData(0x4000, payload).IsToPeer(Addresses.Peer, payload).Relay);
        Assert.Equal(length, _server.Counters.BytesToPeers);
    }

    [Fact]
    public void A_Send_indication_without_permission_is_dropped_RFC_8656_11_2() =>
        _client.SendIndication(Addresses.OtherPeer, "x"u8).IsDrop(DropReason.NoPermission);

    [Fact]
    public void A_Send_indication_needs_peer_and_data()
    {
        Send((ref StunMessageWriter w) => Turnpike.Protocol.Attributes.Data.Write(ref w, "x"u8)).IsDrop(DropReason.MalformedSend);
        Send((ref StunMessageWriter w) => XorPeerAddress.Write(ref w, Addresses.Peer)).IsDrop(DropReason.MalformedSend);
        Send(null).IsDrop(DropReason.MalformedSend);
        Send((ref StunMessageWriter w) =>
        {
            w.Append(StunAttributeType.XorPeerAddress, [0, 7, 0, 0, 1, 2, 3, 4]);
            Turnpike.Protocol.Attributes.Data.Write(ref w, "x"u8);
        }).IsDrop(DropReason.MalformedSend);
    }

    [Fact]
    public void A_Send_indication_with_an_unknown_required_attribute_is_dropped_RFC_8489_6_3_2() =>
        Send((ref StunMessageWriter w) =>
        {
            XorPeerAddress.Write(ref w, Addresses.Peer);
            Turnpike.Protocol.Attributes.Data.Write(ref w, "x"u8);
            w.Append((StunAttributeType)0x7001, []);
        }).IsDrop(DropReason.UnknownAttributeInIndication);

    [Fact]
    public void A_Send_indication_to_the_other_family_is_dropped() =>
        _client.SendIndication(Addresses.PeerV6, "x"u8).IsDrop(DropReason.PeerFamilyMismatch);

    [Fact]
    public void DONT_FRAGMENT_is_passed_on_where_it_can_be_honoured() =>
        Assert.True(_client.SendIndication(Addresses.Peer, "x"u8, dontFragment: true).IsToPeer(Addresses.Peer, "x"u8).DontFragment);

    [Theory]
    [InlineData(false, false, ClientTransport.Udp, true)]
    [InlineData(true, false, ClientTransport.Udp, false)]
    [InlineData(false, true, ClientTransport.Udp, false)]
    [InlineData(true, true, ClientTransport.Udp, false)]
    [InlineData(true, false, ClientTransport.Dtls, false)]
    [InlineData(true, false, ClientTransport.Tcp, true)]
    [InlineData(false, false, ClientTransport.Tls, true)]
    [InlineData(true, true, ClientTransport.Tls, false)]
    public void DONT_FRAGMENT_is_ignored_where_packets_are_translated_RFC_8656_13(
        bool clientIsIPv6, bool peerIsIPv6, ClientTransport transport, bool honoured)
    {
        var client = new TestClient(
            _server, address: (clientIsIPv6 ? Addresses.ClientV6 : Addresses.Client).WithPort(40009), transport: transport);
        client.AllocateBoth().IsSuccess();
        TransportAddress peer = peerIsIPv6 ? Addresses.PeerV6 : Addresses.Peer;
        client.CreatePermission(peer).IsSuccess();
        Assert.Equal(honoured, client.SendIndication(peer, "x"u8, dontFragment: true).IsToPeer(peer, "x"u8).DontFragment);
    }

    [Fact]
    public void DONT_FRAGMENT_drops_the_indication_where_it_cannot_RFC_8656_11_2()
    {
        _server.Pool.SupportsDontFragment = false;
        _client.SendIndication(Addresses.Peer, "x"u8, dontFragment: true).IsDrop(DropReason.UnknownAttributeInIndication);
        _client.SendIndication(Addresses.Peer, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
    }

    [Fact]
    public void A_Send_indication_may_be_used_beside_a_channel() =>
        _client.SendIndication(Addresses.Peer, "x"u8).IsToPeer(Addresses.Peer, "x"u8);

    [Theory]
    [InlineData(0x4001)]
    [InlineData(0x4FFF)]
    public void ChannelData_on_an_unbound_number_is_dropped(ushort number) =>
        _client.SendChannelData(number, "x"u8).IsDrop(DropReason.ChannelNotBound);

    [Theory]
    [InlineData(0x5000)]
    [InlineData(0x7FFF)]
    public void ChannelData_in_the_reserved_range_is_dropped_RFC_8656_12_6(ushort number) =>
        _client.SendChannelData(number, "x"u8).IsDrop(DropReason.UnknownProtocol);

    [Fact]
    public void ChannelData_longer_than_its_datagram_is_dropped()
    {
        _client.Send([0x40, 0x00, 0x00, 0x05, 1, 2, 3, 4]).IsDrop(DropReason.MalformedChannelData);
        _client.Send([0x40, 0x00, 0x00]).IsDrop(DropReason.MalformedChannelData);
        _client.Send([0x40]).IsDrop(DropReason.MalformedChannelData);
    }

    [Fact]
    public void ChannelData_shorter_than_its_datagram_is_relayed_and_the_rest_ignored() =>
        _client.Send([0x40, 0x00, 0x00, 0x02, 1, 2, 3, 4]).IsToPeer(Addresses.Peer, [1, 2]);

    [Fact]
    public void Data_without_an_allocation_is_dropped()
    {
        var stranger = new TestClient(_server, address: Addresses.Client.WithPort(40001));
        stranger.SendChannelData(0x4000, "x"u8).IsDrop(DropReason.NoAllocation);
        stranger.SendIndication(Addresses.Peer, "x"u8).IsDrop(DropReason.NoAllocation);
    }

    [Fact]
    public void The_egress_aliases_the_callers_datagram_and_copies_nothing()
    {
        byte[] datagram = [0x40, 0x00, 0x00, 0x02, 1, 2];
        FiveTuple tuple = _client.FiveTuple;
        Egress egress = _server.Turn.OnClientDatagram(in tuple, datagram, _server.Now);
        Assert.True(datagram.AsSpan(4, 2) == egress.Datagram);
    }

    private static byte[] Payload(int length)
    {
        byte[] payload = new byte[length];
        for (int i = 0; i < length; i++)
        {
            payload[i] = (byte)(i * 7);
        }

        return payload;
    }

    private Outcome Send(Fill? fill) => _client.Send(_client.Build(StunMethod.Send, fill, StunClass.Indication));
}
