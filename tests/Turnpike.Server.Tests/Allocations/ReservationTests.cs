using System.Buffers.Binary;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>EVEN-PORT and RESERVATION-TOKEN (RFC 8656 sections 7.2 and 18.7).</summary>
public class ReservationTests
{
    private readonly TestServer _server = new();

    [Fact]
    public void EVEN_PORT_without_R_gives_an_even_port_and_reserves_nothing()
    {
        _server.Pool.MinPort = 50001;
        Reply reply = new TestClient(_server).Allocate(Even(false)).IsSuccess();
        Assert.Equal(50002, reply.RelayedAddresses[0].Port);
        Assert.False(reply.Has(StunAttributeType.ReservationToken));
        Assert.Equal(1, _server.Pool.OpenCount);
    }

    [Fact]
    public void EVEN_PORT_with_R_reserves_the_next_port_and_its_token_claims_it_from_any_5_tuple()
    {
        Reply first = new TestClient(_server).Allocate(Even(true)).IsSuccess();
        ushort port = first.RelayedAddresses[0].Port;
        Assert.Equal(0, port % 2);

        var other = new TestClient(_server, "bob", "bob-password", Addresses.ClientV6, ClientTransport.Tcp);
        Reply second = other.Allocate(Token(TokenOf(first))).IsSuccess();
        Assert.Equal([first.RelayedAddresses[0].WithPort((ushort)(port + 1))], second.RelayedAddresses);
        Assert.False(second.Has(StunAttributeType.ReservationToken));
        Assert.Equal(2, _server.Quota.Held);
        other.CreatePermission(Addresses.Peer).IsSuccess();
        other.SendIndication(Addresses.Peer, "x"u8).IsToPeer(Addresses.Peer, "x"u8);
        _server.FromPeer(_server.RelayOf(other), Addresses.Peer, "y"u8).IsToClient().IsDataIndication(Addresses.Peer, "y"u8);
    }

    [Fact]
    public void A_token_of_another_shard_is_good_and_that_shard_takes_the_port_over()
    {
        var ports = new PortSpace();
        var reservations = new ReservationTable();
        var one = new TestServer(pool: new FakeRelayPool(ports), reservations: reservations);
        var two = new TestServer(pool: new FakeRelayPool(ports), reservations: reservations);
        Reply first = new TestClient(one).Allocate(Even(true)).IsSuccess();
        var client = new TestClient(two, address: Addresses.Client.WithPort(40001));
        client.Allocate(Token(TokenOf(first))).IsSuccess();
        Assert.Single(two.Pool.Adopted);
        Assert.Empty(one.Pool.Adopted);
        client.Refresh(lifetime: 0).IsSuccess();
        Assert.Equal(1, one.Pool.OpenCount);
    }

    [Fact]
    public void A_user_holds_back_no_more_ports_than_its_share_however_often_it_starts_over()
    {
        _server.Change(choice => choice with { ReservationsPerUser = 2 });
        var client = new TestClient(_server);
        for (int i = 0; i < 2; i++)
        {
            client.Allocate(Even(true)).IsSuccess();
            client.Refresh(lifetime: 0).IsSuccess();
        }

        client.Allocate(Even(true)).IsError(StunErrorCode.AllocationQuotaReached);
        Assert.Equal(0, _server.Quota.Held);
        Assert.Equal(2, _server.Pool.OpenCount);
        client.Allocate(Even(false)).IsSuccess(); // an even port alone holds nothing back
        var other = new TestClient(_server, "bob", "bob-password", Addresses.Client.WithPort(40001));
        other.Allocate(Even(true)).IsSuccess();

        client.Refresh(lifetime: 0).IsSuccess();
        _server.Advance(30);
        client.Allocate(Even(true)).IsSuccess();
    }

    [Fact]
    public void A_token_is_spent_once()
    {
        ulong token = TokenOf(new TestClient(_server).Allocate(Even(true)).IsSuccess());
        new TestClient(_server, address: Addresses.Client.WithPort(40001)).Allocate(Token(token)).IsSuccess();
        new TestClient(_server, address: Addresses.Client.WithPort(40002)).Allocate(Token(token))
            .IsError(StunErrorCode.InsufficientCapacity);
        Assert.Equal(2, _server.Quota.Held);
    }

    [Fact]
    public void A_token_holds_30_seconds_and_not_longer()
    {
        ulong token = TokenOf(new TestClient(_server).Allocate(Even(true)).IsSuccess());
        _server.Advance(29.999);
        Assert.Equal(2, _server.Pool.OpenCount);
        _server.AdvanceUnnoticed(0.001);
        new TestClient(_server, address: Addresses.Client.WithPort(40001)).Allocate(Token(token))
            .IsError(StunErrorCode.InsufficientCapacity);
        _server.Tick();
        Assert.Equal(1, _server.Pool.OpenCount);
    }

    [Fact]
    public void A_token_is_good_to_its_last_moment()
    {
        ulong token = TokenOf(new TestClient(_server).Allocate(Even(true)).IsSuccess());
        _server.Advance(29.999);
        new TestClient(_server, address: Addresses.Client.WithPort(40001)).Allocate(Token(token)).IsSuccess();
        _server.Advance(60);
        Assert.Equal(2, _server.Pool.OpenCount);
    }

    [Fact]
    public void A_reservation_outlives_the_allocation_that_made_it()
    {
        var client = new TestClient(_server);
        ulong token = TokenOf(client.Allocate(Even(true)).IsSuccess());
        client.Refresh(lifetime: 0).IsSuccess();
        new TestClient(_server, address: Addresses.Client.WithPort(40001)).Allocate(Token(token)).IsSuccess();
    }

    [Theory]
    [InlineData(StunAttributeType.EvenPort)]
    [InlineData(StunAttributeType.RequestedAddressFamily)]
    [InlineData(StunAttributeType.AdditionalAddressFamily)]
    public void A_token_beside_anything_else_that_chooses_is_400_and_stays_good(StunAttributeType beside)
    {
        ulong token = TokenOf(new TestClient(_server).Allocate(Even(true)).IsSuccess());
        var client = new TestClient(_server, address: Addresses.Client.WithPort(40001));
        client.Allocate((ref StunMessageWriter w) =>
        {
            ReservationToken.Write(ref w, token);
            w.Append(beside, beside == StunAttributeType.EvenPort ? [0] : [2, 0, 0, 0]);
        }).IsError(StunErrorCode.BadRequest);
        client.Allocate(Token(token)).IsSuccess();
    }

    [Fact]
    public void A_token_that_was_never_given_is_508()
    {
        new TestClient(_server).Allocate(Token(0x0123_4567_89AB_CDEF)).IsError(StunErrorCode.InsufficientCapacity);
        Assert.Equal(0, _server.Quota.Held);
    }

    [Fact]
    public void A_token_refused_for_quota_stays_good()
    {
        ulong token = TokenOf(new TestClient(_server).Allocate(Even(true)).IsSuccess());
        var client = new TestClient(_server, address: Addresses.Client.WithPort(40001));
        _server.Quota.Decision = QuotaDecision.UserQuotaReached;
        client.Allocate(Token(token)).IsError(StunErrorCode.AllocationQuotaReached);
        _server.Quota.Decision = QuotaDecision.Granted;
        client.Allocate(Token(token)).IsSuccess();
    }

    [Fact]
    public void An_IPv6_port_is_reserved_and_claimed_as_IPv6()
    {
        Reply first = new TestClient(_server).Allocate((ref StunMessageWriter w) =>
        {
            RequestedAddressFamily.Write(ref w, AddressFamily.IPv6);
            EvenPort.Write(ref w, reserveNext: true);
        }).IsSuccess();
        Reply second = new TestClient(_server, address: Addresses.Client.WithPort(40001)).Allocate(Token(TokenOf(first))).IsSuccess();
        Assert.Equal([first.RelayedAddresses[0].WithPort((ushort)(first.RelayedAddresses[0].Port + 1))], second.RelayedAddresses);
    }

    [Fact]
    public void Without_a_pair_of_ports_EVEN_PORT_with_R_is_508()
    {
        _server.Pool.MinPort = _server.Pool.MaxPort = 50000;
        new TestClient(_server).Allocate(Even(true)).IsError(StunErrorCode.InsufficientCapacity);
        new TestClient(_server).Allocate(Even(false)).IsSuccess();
    }

    [Fact]
    public void Tokens_are_unguessable()
    {
        _server.Change(choice => choice with { ReservationsPerUser = 0 });
        var tokens = new HashSet<ulong>();
        var highBytes = new HashSet<byte>();
        for (ushort i = 0; i < 200; i++)
        {
            ulong token = TokenOf(new TestClient(_server, address: Addresses.Client.WithPort((ushort)(40000 + i)))
                .Allocate(Even(true)).IsSuccess());
            Assert.True(tokens.Add(token));
            highBytes.Add((byte)(token >> 56));
        }

        Assert.True(highBytes.Count > 60, "The high byte of 200 random tokens takes more than 60 values.");
    }

    private static Fill Even(bool reserveNext) => (ref StunMessageWriter w) => EvenPort.Write(ref w, reserveNext);

    private static Fill Token(ulong token) => (ref StunMessageWriter w) => ReservationToken.Write(ref w, token);

    private static ulong TokenOf(Reply reply) =>
        BinaryPrimitives.ReadUInt64BigEndian(reply.Value(StunAttributeType.ReservationToken)!);
}
