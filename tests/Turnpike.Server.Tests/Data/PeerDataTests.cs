using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>Peer to client (RFC 8656 sections 11.3, 12.5 and 12.7).</summary>
public class PeerDataTests
{
    private readonly TestServer _server = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(1200)]
    [InlineData(65000)]
    public void Without_a_channel_it_is_a_Data_indication(int length)
    {
        TestClient client = Permitted();
        byte[] payload = new byte[length];
        Array.Fill(payload, (byte)0x5A);
        Outcome outcome = _server.FromPeer(_server.RelayOf(client), Addresses.Peer, payload);
        Reply reply = outcome.IsToClient().IsDataIndication(Addresses.Peer, payload);
        Assert.Equal([StunAttributeType.XorPeerAddress, StunAttributeType.Data], reply.Attributes.ConvertAll(a => a.Type));
        Assert.Equal(client.FiveTuple, outcome.FiveTuple);
        Assert.True(outcome.Relayed);
        Assert.Equal(1, _server.Counters.PacketsToClients);
        Assert.Equal(length, _server.Counters.BytesToClients);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1200)]
    [InlineData(65503)]
    public void With_a_channel_it_is_ChannelData_RFC_8656_12_5(int length)
    {
        TestClient client = Permitted();
        client.ChannelBind(0x4ABC, Addresses.Peer).IsSuccess();
        byte[] payload = new byte[length];
        Outcome outcome = _server.FromPeer(_server.RelayOf(client), Addresses.Peer, payload).IsChannelData(0x4ABC, payload);
        Assert.Equal(4 + length, outcome.Datagram.Length); // over UDP without padding
    }

    [Fact]
    public void Another_port_of_a_bound_peer_is_a_Data_indication()
    {
        TestClient client = Permitted();
        client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        TransportAddress other = Addresses.Peer.WithPort(1);
        _server.FromPeer(_server.RelayOf(client), other, "y"u8).IsToClient().IsDataIndication(other, "y"u8);
    }

    [Fact]
    public void An_IPv6_peer_is_named_in_full()
    {
        var client = new TestClient(_server);
        client.AllocateBoth().IsSuccess();
        client.CreatePermission(Addresses.PeerV6).IsSuccess();
        _server.FromPeer(_server.RelayOf(client, AddressFamily.IPv6), Addresses.PeerV6, "abc"u8)
            .IsToClient().IsDataIndication(Addresses.PeerV6, "abc"u8);
    }

    [Fact]
    public void Without_a_permission_it_is_dropped_and_counted()
    {
        TestClient client = Permitted();
        _server.FromPeer(_server.RelayOf(client), Addresses.OtherPeer, "y"u8).IsDrop(DropReason.NoPermission);
        Assert.Equal(1, _server.Counters.Drops(DropReason.NoPermission));
        Assert.Equal(0, _server.Counters.PacketsToClients);
    }

    [Fact]
    public void A_permission_of_another_allocation_does_not_count()
    {
        Permitted();
        TestClient other = new TestClient(_server, address: Addresses.Client.WithPort(40001)).Allocated();
        _server.FromPeer(_server.RelayOf(other), Addresses.Peer, "y"u8).IsDrop(DropReason.NoPermission);
    }

    [Fact]
    public void After_the_allocations_end_it_is_dropped()
    {
        TestClient client = Permitted();
        Relay relay = _server.RelayOf(client);
        client.Refresh(0).IsSuccess();
        _server.FromPeer(relay, Addresses.Peer, "y"u8).IsDrop(DropReason.RelayWithoutAllocation);
    }

    [Fact]
    public void A_datagram_that_does_not_fit_behind_its_header_is_dropped()
    {
        TestClient client = Permitted();
        _server.FromPeer(_server.RelayOf(client), Addresses.Peer, new byte[65_507]).IsDrop(DropReason.TooBigForClient);
        client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        _server.FromPeer(_server.RelayOf(client), Addresses.Peer, new byte[65_504]).IsDrop(DropReason.TooBigForClient);
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 8)]
    [InlineData(4, 8)]
    [InlineData(5, 12)]
    public void Over_a_stream_ChannelData_is_padded_to_4_with_zeros_RFC_8656_12_5(int length, int total)
    {
        TestClient client = new TestClient(_server, transport: ClientTransport.Tls).Allocated();
        client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        byte[] payload = new byte[length];
        Array.Fill(payload, (byte)0x5A);
        Outcome outcome = _server.FromPeer(_server.RelayOf(client), Addresses.Peer, payload).IsChannelData(0x4000, payload);
        Assert.Equal(total, outcome.Datagram.Length);
        Assert.False(outcome.Datagram.AsSpan(4 + length).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Data_indications_have_fresh_transaction_ids()
    {
        TestClient client = Permitted();
        var seen = new HashSet<TransactionId>();
        for (int i = 0; i < 1000; i++)
        {
            Reply reply = _server.FromPeer(_server.RelayOf(client), Addresses.Peer, "y"u8).IsToClient();
            Assert.True(seen.Add(reply.TransactionId));
        }
    }

    [Fact]
    public void ChannelData_lies_in_the_headroom_and_the_payload_is_not_copied()
    {
        TestClient client = Permitted();
        client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        byte[] buffer = new byte[TurnServer.PeerHeadroom + 100 + TurnServer.PeerTailroom];
        Egress egress = _server.Turn.OnPeerDatagram(
            _server.RelayOf(client), Addresses.Peer, buffer, TurnServer.PeerHeadroom, 100, _server.Now);
        Assert.True(buffer.AsSpan(TurnServer.PeerHeadroom - 4, 104) == egress.Datagram);
    }

    [Fact]
    public void The_path_back_to_the_client_is_the_one_of_its_last_request()
    {
        var tuple = new FiveTuple(Addresses.Client, Addresses.Server, ClientTransport.Udp, path: 9);
        var client = new TestClient(_server);
        client.Challenge();
        _server.Receive(tuple, client.Build(StunMethod.Allocate, TestClient.Udp)).IsToClient().IsSuccess();
        static void Permission(ref StunMessageWriter writer) => XorPeerAddress.Write(ref writer, Addresses.Peer);
        _server.Receive(tuple, client.Build(StunMethod.CreatePermission, Permission)).IsToClient().IsSuccess();
        Assert.Equal(9, _server.FromPeer(_server.RelayOf(client), Addresses.Peer, "y"u8).FiveTuple.Path);
        client.Refresh(600).IsSuccess(); // over another connection from the same address
        Assert.Equal(0, _server.FromPeer(_server.RelayOf(client), Addresses.Peer, "y"u8).FiveTuple.Path);
    }

    private TestClient Permitted()
    {
        TestClient client = new TestClient(_server).Allocated();
        client.CreatePermission(Addresses.Peer).IsSuccess();
        return client;
    }
}
