using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>ICMP errors about datagrams to peers (RFC 8656 sections 11.5 and 18.13).</summary>
public class IcmpTests
{
    private readonly TestServer _server = new();
    private readonly TestClient _client;

    public IcmpTests()
    {
        _client = new TestClient(_server);
        _client.AllocateBoth().IsSuccess();
        _client.CreatePermission(Addresses.Peer, Addresses.PeerV6).IsSuccess();
    }

    [Theory]
    [InlineData(3, 0, 0u, 0u)]
    [InlineData(3, 3, 99u, 0u)]
    [InlineData(3, 4, 1280u, 1280u)]
    [InlineData(11, 0, 99u, 0u)]
    [InlineData(11, 1, 0u, 0u)]
    public void ICMPv4_types_3_and_11_reach_the_client(byte type, byte code, uint info, uint data) =>
        Expect(AddressFamily.IPv4, Addresses.Peer, type, code, info, data);

    [Theory]
    [InlineData(1, 4, 99u, 0u)]
    [InlineData(2, 0, 1400u, 1400u)]
    [InlineData(3, 0, 99u, 0u)]
    public void ICMPv6_types_1_to_3_reach_the_client(byte type, byte code, uint info, uint data) =>
        Expect(AddressFamily.IPv6, Addresses.PeerV6, type, code, info, data);

    [Fact]
    public void Every_other_type_is_dropped()
    {
        for (int type = 0; type < 256; type++)
        {
            if (type is not (3 or 11))
            {
                _server.Icmp(_server.RelayOf(_client), new PeerIcmpError(Addresses.Peer, (byte)type, 0, 0)).IsDrop(DropReason.IgnoredIcmp);
            }

            if (type is not (1 or 2 or 3))
            {
                _server.Icmp(_server.RelayOf(_client, AddressFamily.IPv6), new PeerIcmpError(Addresses.PeerV6, (byte)type, 0, 0))
                    .IsDrop(DropReason.IgnoredIcmp);
            }
        }
    }

    [Fact]
    public void It_needs_a_permission_for_the_destination_whatever_the_port()
    {
        Relay relay = _server.RelayOf(_client);
        _server.Icmp(relay, new PeerIcmpError(Addresses.OtherPeer, 3, 3, 0)).IsDrop(DropReason.NoPermission);
        _server.Icmp(relay, new PeerIcmpError(Addresses.Peer.WithPort(1), 3, 3, 0)).IsToClient();
        _server.Advance(300);
        _server.Icmp(relay, new PeerIcmpError(Addresses.Peer, 3, 3, 0)).IsDrop(DropReason.NoPermission);
    }

    [Fact]
    public void After_the_allocations_end_it_is_dropped()
    {
        Relay relay = _server.RelayOf(_client);
        _client.Refresh(0).IsSuccess();
        _server.Icmp(relay, new PeerIcmpError(Addresses.Peer, 3, 3, 0)).IsDrop(DropReason.RelayWithoutAllocation);
    }

    [Fact]
    public void It_comes_as_an_indication_even_where_a_channel_is_bound()
    {
        _client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        Expect(AddressFamily.IPv4, Addresses.Peer, 3, 3, 0, 0);
    }

    private void Expect(AddressFamily family, TransportAddress peer, byte type, byte code, uint info, uint data)
    {
        Outcome outcome = _server.Icmp(_server.RelayOf(_client, family), new PeerIcmpError(peer, type, code, info));
        Reply reply = outcome.IsToClient();
        Assert.Equal((StunClass.Indication, StunMethod.Data), (reply.Class, reply.Method));
        Assert.Equal(peer, reply.PeerAddress);
        Assert.False(reply.Has(StunAttributeType.Data));
        Assert.Equal(AttributeResult.Ok, Icmp.Read(reply.Message(), out byte readType, out ushort readCode, out uint readData));
        Assert.Equal((type, (ushort)code, data), (readType, readCode, readData));
        Assert.Equal(_client.FiveTuple, outcome.FiveTuple);
        Assert.False(outcome.Relayed);
        Assert.Equal(1, _server.Counters.IcmpToClients);
        Assert.Equal(0, _server.Counters.PacketsToClients);
    }
}
