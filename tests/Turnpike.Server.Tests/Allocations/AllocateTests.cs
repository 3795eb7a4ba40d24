using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>RFC 8656 section 7.2.</summary>
public class AllocateTests
{
    private readonly TestServer _server = new();

    [Fact]
    public void A_success_carries_relayed_address_lifetime_and_mapped_address()
    {
        Reply reply = new TestClient(_server).Allocate().IsSuccess();
        Assert.Equal([_server.Pool.Public.WithPort(49152)], reply.RelayedAddresses);
        Assert.Equal(600u, reply.LifetimeSeconds);
        Assert.Equal(Addresses.Client, reply.MappedAddress);
        Assert.False(reply.Has(StunAttributeType.ReservationToken));
        Assert.False(reply.Has(StunAttributeType.AddressErrorCode));
        Assert.True(reply.Has(StunAttributeType.Software));
        Assert.Equal(1, _server.Turn.AllocationCount);
        Assert.Equal(1, _server.Counters.AllocationsCreated);
    }

    [Fact]
    public void The_public_address_is_told_where_it_differs_from_the_bound_one()
    {
        var pool = new FakeRelayPool { Local = Addresses.Parse("10.1.2.3:0"), Public = Addresses.Parse("20.0.0.9:0") };
        Reply reply = new TestClient(new TestServer(pool: pool)).Allocate().IsSuccess();
        Assert.Equal([Addresses.Parse("20.0.0.9:49152")], reply.RelayedAddresses);
    }

    [Fact]
    public void Step_2_a_second_Allocate_on_the_5_tuple_is_437()
    {
        TestClient client = new TestClient(_server).Allocated();
        Assert.True(client.Allocate().IsError(StunErrorCode.AllocationMismatch).Authentic);
        Assert.Equal(1, _server.Quota.Held);
        Assert.Equal(1, _server.Pool.OpenCount);
    }

    [Fact]
    public void Step_2_the_437_comes_before_any_fault_of_the_request()
    {
        TestClient client = new TestClient(_server).Allocated();
        client.Request(StunMethod.Allocate).IsError(StunErrorCode.AllocationMismatch); // without REQUESTED-TRANSPORT
    }

    [Fact]
    public void A_retransmission_gets_the_same_success_and_counts_once()
    {
        var client = new TestClient(_server);
        Reply first = client.Allocate((ref StunMessageWriter w) => EvenPort.Write(ref w, reserveNext: true)).IsSuccess();
        _server.Advance(2);
        Reply second = client.Resend().IsSuccess();
        Assert.Equal(first.Bytes, second.Bytes);
        Assert.Equal(1, _server.Turn.AllocationCount);
        Assert.Equal(1, _server.Quota.Acquired);
        Assert.Equal(2, _server.Pool.OpenCount);
    }

    [Fact]
    public void A_retransmission_of_the_allocation_of_two_families_gets_both_again()
    {
        var client = new TestClient(_server);
        Reply first = client.AllocateBoth().IsSuccess();
        Assert.Equal(first.Bytes, client.Resend().IsSuccess().Bytes);
    }

    [Fact]
    public void Step_3_without_REQUESTED_TRANSPORT_it_is_400() =>
        new TestClient(_server).Request(StunMethod.Allocate).IsError(StunErrorCode.BadRequest);

    [Fact]
    public void Step_3_a_malformed_REQUESTED_TRANSPORT_is_400() =>
        new TestClient(_server).Request(
            StunMethod.Allocate, (ref StunMessageWriter w) => w.Append(StunAttributeType.RequestedTransport, [17]))
            .IsError(StunErrorCode.BadRequest);

    [Theory]
    [InlineData(6)]
    [InlineData(0)]
    [InlineData(132)]
    public void Step_3_another_transport_is_442(byte protocol)
    {
        Reply reply = new TestClient(_server).Request(
            StunMethod.Allocate, (ref StunMessageWriter w) => RequestedTransport.Write(ref w, protocol));
        Assert.True(reply.IsError(StunErrorCode.UnsupportedTransportProtocol).Authentic);
    }

    [Fact]
    public void Step_4_DONT_FRAGMENT_is_accepted_where_it_can_be_honoured() =>
        new TestClient(_server).Allocate((ref StunMessageWriter w) => DontFragment.Write(ref w)).IsSuccess();

    [Fact]
    public void Step_4_DONT_FRAGMENT_is_420_where_it_cannot()
    {
        _server.Pool.SupportsDontFragment = false;
        Reply reply = new TestClient(_server).Allocate((ref StunMessageWriter w) => DontFragment.Write(ref w))
            .IsError(StunErrorCode.UnknownAttribute);
        Assert.Equal([0x00, 0x1A], reply.Value(StunAttributeType.UnknownAttributes));
    }

    [Theory]
    [InlineData(StunAttributeType.EvenPort)]
    [InlineData(StunAttributeType.RequestedAddressFamily)]
    [InlineData(StunAttributeType.AdditionalAddressFamily)]
    [InlineData(StunAttributeType.ReservationToken)]
    [InlineData(StunAttributeType.Lifetime)]
    public void A_malformed_attribute_is_400(StunAttributeType type)
    {
        new TestClient(_server).Allocate((ref StunMessageWriter w) => w.Append(type, [1, 2, 3])).IsError(StunErrorCode.BadRequest);
        Assert.Equal(0, _server.Quota.Acquired);
    }

    [Fact]
    public void Without_a_free_port_it_is_508_and_costs_no_quota()
    {
        _server.Pool.MinPort = _server.Pool.MaxPort = 50000;
        new TestClient(_server).Allocated();
        var second = new TestClient(_server, address: Addresses.Client.WithPort(40001));
        Assert.True(second.Allocate().IsError(StunErrorCode.InsufficientCapacity).Authentic);
        Assert.Equal(1, _server.Quota.Held);
        Assert.Equal(1, _server.Turn.AllocationCount);
    }

    [Fact]
    public void A_port_comes_back_when_its_allocation_ends()
    {
        _server.Pool.MinPort = _server.Pool.MaxPort = 50000;
        TestClient first = new TestClient(_server).Allocated();
        first.Refresh(lifetime: 0).IsSuccess();
        new TestClient(_server, address: Addresses.Client.WithPort(40001)).Allocated();
    }

    [Fact]
    public void While_draining_a_new_Allocate_is_508_and_old_allocations_go_on()
    {
        TestClient old = new TestClient(_server).Allocated();
        byte[] allocate = old.LastRequest;
        _server.Turn.Draining = true;
        var late = new TestClient(_server, address: Addresses.Client.WithPort(40001));
        Assert.True(late.Allocate().IsError(StunErrorCode.InsufficientCapacity).Authentic);
        Assert.Equal(1, _server.Quota.Acquired);

        old.Exchange(allocate).IsSuccess(); // a retransmission is not new
        old.Refresh().IsSuccess();
        old.CreatePermission(Addresses.Peer).IsSuccess();
        old.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        old.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        _server.Turn.Draining = false;
        late.Allocate().IsSuccess();
    }

    [Fact]
    public void EndAllAllocations_gives_everything_back()
    {
        for (ushort i = 0; i < 50; i++)
        {
            new TestClient(_server, address: Addresses.Client.WithPort((ushort)(40000 + i))).AllocateBoth().IsSuccess();
        }

        Assert.Equal(50, _server.Turn.EndAllAllocations());
        Assert.Equal(0, _server.Turn.AllocationCount);
        Assert.Equal(0, _server.Pool.OpenCount);
        Assert.Equal(0, _server.Quota.Held);
        Assert.Equal(50, _server.Counters.AllocationsEnded);
        Assert.Empty(_server.Advance(7200));
    }

    [Fact]
    public void Allocations_of_different_5_tuples_have_nothing_to_do_with_each_other()
    {
        TestClient udp = new TestClient(_server).Allocated();
        TestClient tcp = new TestClient(_server, transport: ClientTransport.Tcp).Allocated();
        udp.CreatePermission(Addresses.Peer).IsSuccess();
        udp.SendIndication(Addresses.Peer, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        tcp.SendIndication(Addresses.Peer, "x"u8).IsDrop(DropReason.NoPermission);
        udp.Refresh(lifetime: 0).IsSuccess();
        tcp.Refresh().IsSuccess();
    }
}
