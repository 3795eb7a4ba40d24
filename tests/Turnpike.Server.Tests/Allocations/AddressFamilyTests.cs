using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>RFC 8656 section 7.2 steps 6 to 9, and dual allocations.</summary>
public class AddressFamilyTests
{
    private readonly TestServer _server = new();

    [Fact]
    public void Without_a_family_the_relayed_address_is_IPv4() =>
        Assert.Equal(AddressFamily.IPv4, Assert.Single(new TestClient(_server).Allocate().IsSuccess().RelayedAddresses).Family);

    [Theory]
    [InlineData(AddressFamily.IPv4)]
    [InlineData(AddressFamily.IPv6)]
    public void REQUESTED_ADDRESS_FAMILY_chooses(AddressFamily family)
    {
        Reply reply = new TestClient(_server).Allocate(Requested(family)).IsSuccess();
        Assert.Equal(family, Assert.Single(reply.RelayedAddresses).Family);
    }

    [Theory]
    [InlineData((AddressFamily)0)]
    [InlineData((AddressFamily)3)]
    [InlineData((AddressFamily)255)]
    public void An_unknown_family_is_440(AddressFamily family) =>
        new TestClient(_server).Allocate(Requested(family)).IsError(StunErrorCode.AddressFamilyNotSupported);

    [Fact]
    public void A_family_that_is_not_relayed_is_440()
    {
        _server.Pool.Families.Remove(AddressFamily.IPv6);
        new TestClient(_server).Allocate(Requested(AddressFamily.IPv6)).IsError(StunErrorCode.AddressFamilyNotSupported);
        Assert.Equal(0, _server.Quota.Held);
    }

    [Fact]
    public void Without_a_family_it_is_440_where_IPv4_is_not_relayed()
    {
        _server.Pool.Families.Remove(AddressFamily.IPv4);
        new TestClient(_server).Allocate().IsError(StunErrorCode.AddressFamilyNotSupported);
        new TestClient(_server).Allocate(Requested(AddressFamily.IPv6)).IsSuccess();
    }

    [Fact]
    public void Both_family_attributes_are_400() =>
        new TestClient(_server).Allocate((ref StunMessageWriter w) =>
        {
            RequestedAddressFamily.Write(ref w, AddressFamily.IPv4);
            AdditionalAddressFamily.Write(ref w, AddressFamily.IPv6);
        }).IsError(StunErrorCode.BadRequest);

    [Fact]
    public void ADDITIONAL_ADDRESS_FAMILY_of_IPv4_is_400() =>
        new TestClient(_server).Allocate((ref StunMessageWriter w) => AdditionalAddressFamily.Write(ref w, AddressFamily.IPv4))
            .IsError(StunErrorCode.BadRequest);

    [Fact]
    public void ADDITIONAL_ADDRESS_FAMILY_with_a_reserved_next_port_is_400() =>
        new TestClient(_server).Allocate((ref StunMessageWriter w) =>
        {
            AdditionalAddressFamily.Write(ref w, AddressFamily.IPv6);
            EvenPort.Write(ref w, reserveNext: true);
        }).IsError(StunErrorCode.BadRequest);

    [Fact]
    public void ADDITIONAL_ADDRESS_FAMILY_gives_two_relayed_addresses()
    {
        Reply reply = new TestClient(_server).AllocateBoth().IsSuccess();
        Assert.Equal([AddressFamily.IPv4, AddressFamily.IPv6], reply.RelayedAddresses.ConvertAll(a => a.Family));
        Assert.False(reply.Has(StunAttributeType.AddressErrorCode));
        Assert.Equal(1, _server.Quota.Held);
        Assert.Equal(1, _server.Turn.AllocationCount);
    }

    [Fact]
    public void ADDITIONAL_ADDRESS_FAMILY_with_EVEN_PORT_gives_two_even_ports()
    {
        _server.Pool.MinPort = 50001;
        Reply reply = new TestClient(_server).Allocate((ref StunMessageWriter w) =>
        {
            AdditionalAddressFamily.Write(ref w, AddressFamily.IPv6);
            EvenPort.Write(ref w, reserveNext: false);
        }).IsSuccess();
        Assert.Equal(2, reply.RelayedAddresses.Count);
        Assert.All(reply.RelayedAddresses, a => Assert.Equal(0, a.Port % 2));
    }

    [Theory]
    [InlineData(AddressFamily.IPv4)]
    [InlineData(AddressFamily.IPv6)]
    public void One_family_of_two_is_a_success_with_ADDRESS_ERROR_CODE_440(AddressFamily missing)
    {
        _server.Pool.Families.Remove(missing);
        Reply reply = new TestClient(_server).AllocateBoth().IsSuccess();
        Assert.NotEqual(missing, Assert.Single(reply.RelayedAddresses).Family);
        Assert.Equal(AttributeResult.Ok, AddressErrorCode.Read(reply.Message(), out AddressFamily family, out int code));
        Assert.Equal(missing, family);
        Assert.Equal(StunErrorCode.AddressFamilyNotSupported, code);
    }

    [Fact]
    public void One_family_without_a_free_port_is_ADDRESS_ERROR_CODE_508()
    {
        _server.Pool.MinPort = _server.Pool.MaxPort = 50000;
        new TestClient(_server).Allocated(Requested(AddressFamily.IPv6));
        Reply reply = new TestClient(_server, address: Addresses.Client.WithPort(40001)).AllocateBoth().IsSuccess();
        AddressErrorCode.Read(reply.Message(), out AddressFamily family, out int code);
        Assert.Equal((AddressFamily.IPv6, StunErrorCode.InsufficientCapacity), (family, code));
    }

    [Fact]
    public void Neither_family_is_an_error_and_leaves_nothing_behind()
    {
        _server.Pool.MinPort = _server.Pool.MaxPort = 50000;
        TestClient first = new TestClient(_server);
        first.AllocateBoth().IsSuccess();
        new TestClient(_server, address: Addresses.Client.WithPort(40001)).AllocateBoth().IsError(StunErrorCode.InsufficientCapacity);
        Assert.Equal(2, _server.Pool.OpenCount);
        Assert.Equal(1, _server.Quota.Held);
    }

    [Fact]
    public void A_dual_allocation_relays_both_families()
    {
        var client = new TestClient(_server);
        client.AllocateBoth().IsSuccess();
        client.CreatePermission(Addresses.Peer, Addresses.PeerV6).IsSuccess();
        Outcome v4 = client.SendIndication(Addresses.Peer, "4"u8).IsToPeer(Addresses.Peer, "4"u8);
        Outcome v6 = client.SendIndication(Addresses.PeerV6, "6"u8).IsToPeer(Addresses.PeerV6, "6"u8);
        Assert.Equal(AddressFamily.IPv4, v4.Relay!.Local.Family);
        Assert.Equal(AddressFamily.IPv6, v6.Relay!.Local.Family);
    }

    [Fact]
    public void A_Refresh_of_one_family_leaves_the_other_to_expire()
    {
        var client = new TestClient(_server);
        client.AllocateBoth().IsSuccess();
        client.CreatePermission(Addresses.Peer, Addresses.PeerV6).IsSuccess();
        _server.Advance(500);
        client.Refresh(family: AddressFamily.IPv6).IsSuccess();
        client.CreatePermission(Addresses.Peer, Addresses.PeerV6).IsSuccess();
        _server.AdvanceUnnoticed(100);
        client.SendIndication(Addresses.Peer, "4"u8).IsDrop(DropReason.PeerFamilyMismatch);
        client.SendIndication(Addresses.PeerV6, "6"u8).IsToPeer(Addresses.PeerV6, "6"u8);
        _server.Tick();
        Assert.Equal(1, _server.Pool.OpenCount);
        Assert.Equal(1, _server.Quota.Held);
        client.Refresh(family: AddressFamily.IPv4).IsError(StunErrorCode.PeerAddressFamilyMismatch);
        client.Refresh(family: AddressFamily.IPv6).IsSuccess();
    }

    [Fact]
    public void An_expired_family_is_not_revived_before_the_timers_come_by()
    {
        var client = new TestClient(_server);
        client.AllocateBoth().IsSuccess();
        _server.Advance(500);
        client.Refresh(family: AddressFamily.IPv6).IsSuccess();
        _server.AdvanceUnnoticed(100);
        client.Refresh(family: AddressFamily.IPv4).IsError(StunErrorCode.PeerAddressFamilyMismatch);
        client.CreatePermission(Addresses.Peer).IsError(StunErrorCode.PeerAddressFamilyMismatch);
        client.ChannelBind(0x4000, Addresses.Peer).IsError(StunErrorCode.PeerAddressFamilyMismatch);
    }

    [Fact]
    public void A_deletion_of_one_family_keeps_the_other()
    {
        var client = new TestClient(_server);
        client.AllocateBoth().IsSuccess();
        client.CreatePermission(Addresses.Peer, Addresses.PeerV6).IsSuccess();
        client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        Assert.Equal(0u, client.Refresh(0, AddressFamily.IPv4).IsSuccess().LifetimeSeconds);
        client.SendChannelData(0x4000, "4"u8).IsDrop(DropReason.ChannelNotBound);
        client.SendIndication(Addresses.PeerV6, "6"u8).IsToPeer(Addresses.PeerV6, "6"u8);
        Assert.Equal(1, _server.Pool.OpenCount);
        Assert.Equal(1, _server.Turn.AllocationCount);
        client.Refresh(0, AddressFamily.IPv6).IsSuccess();
        Assert.Equal(0, _server.Turn.AllocationCount);
        Assert.Equal(0, _server.Quota.Held);
    }

    [Fact]
    public void A_retransmitted_deletion_of_one_family_is_answered_again()
    {
        var client = new TestClient(_server);
        client.AllocateBoth().IsSuccess();
        client.Refresh(0, AddressFamily.IPv4).IsSuccess();
        Assert.Equal(0u, client.Resend().IsSuccess().LifetimeSeconds);
    }

    [Fact]
    public void A_Refresh_without_a_family_extends_both()
    {
        var client = new TestClient(_server);
        client.AllocateBoth().IsSuccess();
        _server.Advance(500);
        client.Refresh().IsSuccess();
        _server.Advance(599);
        Assert.Equal(2, _server.Pool.OpenCount);
        _server.Advance(2);
        Assert.Equal(0, _server.Pool.OpenCount);
    }

    internal static Fill Requested(AddressFamily family) =>
        (ref StunMessageWriter w) => RequestedAddressFamily.Write(ref w, family);
}
