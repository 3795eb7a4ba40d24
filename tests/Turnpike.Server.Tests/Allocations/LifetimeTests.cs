using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>How long allocations live (RFC 8656 sections 7.2 and 8.2).</summary>
public class LifetimeTests
{
    private readonly TestServer _server = new();

    [Theory]
    [InlineData(null, 600u)]
    [InlineData(0u, 600u)]
    [InlineData(1u, 600u)]
    [InlineData(600u, 600u)]
    [InlineData(601u, 601u)]
    [InlineData(3600u, 3600u)]
    [InlineData(3601u, 3600u)]
    [InlineData(uint.MaxValue, 3600u)]
    public void Allocate_grants_at_least_the_default_and_at_most_the_maximum(uint? requested, uint granted)
    {
        Reply reply = new TestClient(_server).Allocate((ref StunMessageWriter w) =>
        {
            if (requested is { } seconds)
            {
                Lifetime.Write(ref w, seconds);
            }
        }).IsSuccess();
        Assert.Equal(granted, reply.LifetimeSeconds);
        _server.Advance(granted - 1);
        Assert.Equal(1, _server.Turn.AllocationCount);
        _server.Advance(1.25);
        Assert.Equal(0, _server.Turn.AllocationCount);
    }

    [Theory]
    [InlineData(null, 600u)]
    [InlineData(1u, 600u)]
    [InlineData(1000u, 1000u)]
    [InlineData(uint.MaxValue, 3600u)]
    public void Refresh_grants_by_the_same_rule(uint? requested, uint granted)
    {
        TestClient client = new TestClient(_server).Allocated();
        Assert.Equal(granted, client.Refresh(requested).IsSuccess().LifetimeSeconds);
    }

    [Fact]
    public void An_allocation_lives_599_seconds_and_not_600()
    {
        TestClient client = new TestClient(_server).Allocated();
        _server.Advance(599);
        client.CreatePermission(Addresses.Peer).IsSuccess();
        Relay relay = _server.RelayOf(client);
        _server.AdvanceUnnoticed(1);
        client.SendIndication(Addresses.Peer, "x"u8).IsDrop(DropReason.NoAllocation);
        _server.FromPeer(relay, Addresses.Peer, "x"u8).IsDrop(DropReason.RelayWithoutAllocation);
        client.CreatePermission(Addresses.Peer).IsError(StunErrorCode.AllocationMismatch);
        Assert.Equal(0, _server.Pool.OpenCount);
        Assert.Equal(0, _server.Quota.Held);
        Assert.Equal(1, _server.Counters.AllocationsEnded);
    }

    [Fact]
    public void An_expired_5_tuple_can_allocate_again_before_the_timers_come_by()
    {
        TestClient client = new TestClient(_server).Allocated();
        _server.AdvanceUnnoticed(600);
        client.Allocate().IsSuccess();
        Assert.Equal(1, _server.Quota.Held);
        Assert.Equal(1, _server.Pool.OpenCount);
        _server.Tick();
        Assert.Equal(1, _server.Turn.AllocationCount);
    }

    [Fact]
    public void Refresh_extends_from_now()
    {
        TestClient client = new TestClient(_server).Allocated();
        _server.Advance(599);
        client.Refresh().IsSuccess();
        _server.Advance(599);
        Assert.Equal(1, _server.Turn.AllocationCount);
        _server.Advance(1.25);
        Assert.Equal(0, _server.Turn.AllocationCount);
    }

    [Fact]
    public void A_shorter_Refresh_shortens()
    {
        TestClient client = new TestClient(_server).Allocated((ref StunMessageWriter w) => Lifetime.Write(ref w, 3600));
        client.Refresh(600).IsSuccess();
        _server.Advance(600.25);
        Assert.Equal(0, _server.Turn.AllocationCount);
        Assert.Equal(0, _server.Pool.OpenCount);
    }

    [Fact]
    public void Data_does_not_extend_an_allocation()
    {
        TestClient client = new TestClient(_server).Allocated();
        client.ChannelBind(0x4000, Addresses.Peer).IsSuccess();
        for (int i = 0; i < 59; i++)
        {
            _server.Advance(10);
            client.SendChannelData(0x4000, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        }

        _server.Advance(10.25);
        Assert.Equal(0, _server.Turn.AllocationCount);
    }

    [Fact]
    public void Refresh_with_0_deletes_and_gives_everything_back()
    {
        TestClient client = new TestClient(_server).Allocated();
        Assert.Equal(0u, client.Refresh(0).IsSuccess().LifetimeSeconds);
        Assert.Equal(0, _server.Turn.AllocationCount);
        Assert.Equal(0, _server.Pool.OpenCount);
        Assert.Equal(0, _server.Quota.Held);
    }

    [Fact]
    public void A_retransmitted_deletion_is_answered_again_for_as_long_as_it_may_be_retransmitted()
    {
        TestClient client = new TestClient(_server).Allocated();
        client.Refresh(0).IsSuccess();
        byte[] deletion = client.LastRequest;
        _server.Advance(39);
        Assert.Equal(0u, client.Exchange(deletion).IsSuccess().LifetimeSeconds);
        client.Refresh(0).IsError(StunErrorCode.AllocationMismatch); // another transaction
        _server.Advance(2);
        client.Exchange(deletion).IsError(StunErrorCode.AllocationMismatch);
        Assert.Equal(0, _server.Quota.Held);
    }

    [Fact]
    public void A_retransmitted_deletion_does_not_delete_the_next_allocation()
    {
        TestClient client = new TestClient(_server).Allocated();
        client.Refresh(0).IsSuccess();
        byte[] deletion = client.LastRequest;
        client.Allocated();
        client.Exchange(deletion).IsSuccess();
        Assert.Equal(1, _server.Turn.AllocationCount);
    }

    [Fact]
    public void Refresh_without_an_allocation_is_437()
    {
        new TestClient(_server).Refresh().IsError(StunErrorCode.AllocationMismatch);
        new TestClient(_server).Refresh(0).IsError(StunErrorCode.AllocationMismatch);
    }

    [Theory]
    [InlineData(AddressFamily.IPv6)]
    [InlineData((AddressFamily)9)]
    public void Refresh_of_a_family_that_the_allocation_lacks_is_443_RFC_8656_8_2(AddressFamily family)
    {
        TestClient client = new TestClient(_server).Allocated();
        client.Refresh(family: family).IsError(StunErrorCode.PeerAddressFamilyMismatch);
        client.Refresh(0, family).IsError(StunErrorCode.PeerAddressFamilyMismatch);
        Assert.Equal(1, _server.Turn.AllocationCount);
    }

    [Theory]
    [InlineData(StunAttributeType.Lifetime)]
    [InlineData(StunAttributeType.RequestedAddressFamily)]
    public void A_malformed_attribute_of_Refresh_is_400(StunAttributeType type)
    {
        TestClient client = new TestClient(_server).Allocated();
        client.Request(StunMethod.Refresh, (ref StunMessageWriter w) => w.Append(type, [0])).IsError(StunErrorCode.BadRequest);
    }

    [Fact]
    public void No_lifetime_goes_beyond_the_credentials_end_plus_its_grace()
    {
        TestClient client = RestCredentialTests.ClientOf(_server, _server.UnixSeconds + 100);
        Assert.Equal(160u, client.Allocate().IsSuccess().LifetimeSeconds);
        _server.Advance(50);
        Assert.Equal(110u, client.Refresh(3600).IsSuccess().LifetimeSeconds);
        _server.Advance(109);
        Assert.Equal(1, _server.Turn.AllocationCount);
        _server.Advance(1.25);
        Assert.Equal(0, _server.Turn.AllocationCount);
    }

    [Fact]
    public void The_grace_is_the_policys()
    {
        var server = new TestServer(new PolicyChoice { Lifetimes = new LifetimePolicy { CredentialGrace = 0 } });
        Assert.Equal(100u, RestCredentialTests.ClientOf(server, server.UnixSeconds + 100).Allocate().IsSuccess().LifetimeSeconds);
    }

    [Fact]
    public void A_step_of_the_wall_clock_ends_credentials_but_no_allocation()
    {
        TestClient client = RestCredentialTests.ClientOf(_server, _server.UnixSeconds + 1000).Allocated();
        _server.WallClockStep = 2_000_000;
        _server.Tick();
        Assert.Equal(1, _server.Turn.AllocationCount);
        client.Refresh().IsError(StunErrorCode.Unauthorized);
        _server.WallClockStep = -2_000_000;
        _server.Tick();
        Assert.Equal(1, _server.Turn.AllocationCount);
        client.Challenge();
        client.Refresh().IsSuccess();
    }

    [Fact]
    public void The_lifetimes_are_the_policys()
    {
        var server = new TestServer(new PolicyChoice { Lifetimes = new LifetimePolicy { Allocation = 60, MaxAllocation = 120 } });
        TestClient client = new TestClient(server);
        Assert.Equal(60u, client.Allocate().IsSuccess().LifetimeSeconds);
        Assert.Equal(120u, client.Refresh(500).IsSuccess().LifetimeSeconds);
    }
}
