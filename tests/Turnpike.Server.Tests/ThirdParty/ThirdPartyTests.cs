using System.Security.Cryptography;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>RFC 7635 as a client meets it.</summary>
public class ThirdPartyTests
{
    private readonly TestServer _server = new(TokenKit.Choice);
    private readonly byte[] _macKey = RandomNumberGenerator.GetBytes(20);

    [Fact]
    public void A_401_names_the_server_to_ask_a_token_for_where_that_is_configured()
    {
        Reply reply = new TestClient(_server).Challenge();
        Assert.Equal("turn.example.com"u8.ToArray(), reply.Value(StunAttributeType.ThirdPartyAuthorization));
        Assert.False(new TestClient(new TestServer()).Challenge().Has(StunAttributeType.ThirdPartyAuthorization));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_token_allocates_and_its_session_key_signs_both_ways(bool sha256)
    {
        TestClient client = TokenKit.Client(_server);
        Reply reply = TokenKit.Ask(
            _server, client, StunMethod.Allocate, "north", _macKey, Token(), sha256: sha256).IsSuccess();
        Assert.True(reply.Authentic);
    }

    [Fact]
    public void Later_requests_are_signed_with_the_session_key_with_or_without_the_token()
    {
        TestClient client = Allocated();
        Fill peer = (ref StunMessageWriter w) => XorPeerAddress.Write(ref w, Addresses.Peer);
        TokenKit.Ask(_server, client, StunMethod.CreatePermission, "north", _macKey, token: null, peer).IsSuccess();
        TokenKit.Ask(_server, client, StunMethod.CreatePermission, "north", _macKey, Token(), peer).IsSuccess();
        TokenKit.Ask(_server, client, StunMethod.Refresh, "north", _macKey, token: null).IsSuccess();
    }

    [Fact]
    public void Where_third_party_authorisation_is_off_ACCESS_TOKEN_is_420()
    {
        var plain = new TestServer();
        var client = new TestClient(plain);
        client.Allocate((ref StunMessageWriter w) => AccessToken.Write(ref w, Token())).IsError(StunErrorCode.UnknownAttribute);
    }

    [Fact]
    public void Passwords_go_on_beside_tokens()
    {
        new TestClient(_server).Allocate().IsSuccess();
        Assert.Equal("alice", _server.Quota.LastUser);
    }

    [Fact]
    public void A_token_that_is_not_to_be_trusted_is_401_without_integrity()
    {
        TestClient client = TokenKit.Client(_server);
        byte[] forged = Token();
        forged[20] ^= 1;
        Refused(TokenKit.Ask(_server, client, StunMethod.Allocate, "north", _macKey, forged));
        Refused(TokenKit.Ask(_server, client, StunMethod.Allocate, "west", _macKey, Token()));
        Refused(TokenKit.Ask(_server, client, StunMethod.Allocate, "north", RandomNumberGenerator.GetBytes(20), Token()));
        Refused(TokenKit.Ask(_server, client, StunMethod.Allocate, "north", _macKey, []));
        Refused(TokenKit.Ask(_server, client, StunMethod.Allocate, "north", _macKey, new byte[60_000]));
        Assert.Equal(0, _server.Quota.Acquired);

        static void Refused(Reply reply)
        {
            Assert.False(reply.IsError(StunErrorCode.Unauthorized).Authentic);
            Assert.False(reply.Has(StunAttributeType.Software));
        }
    }

    [Fact]
    public void A_token_does_not_make_up_for_a_nonce()
    {
        TestClient client = TokenKit.Client(_server);
        client.Nonce = new byte[client.Nonce!.Length];
        TokenKit.Ask(_server, client, StunMethod.Allocate, "north", _macKey, Token()).IsError(StunErrorCode.StaleNonce);
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(5, 100)]
    [InlineData(6, 99)]
    [InlineData(104, 1)]
    [InlineData(-5, 100)]
    [InlineData(-50, 55)]
    public void A_lifetime_is_at_most_what_is_left_of_the_token_and_never_more_than_its_own(long age, uint granted) // RFC 7635 section 7
    {
        TestClient client = TokenKit.Client(_server);
        Reply reply = TokenKit.Ask(_server, client, StunMethod.Allocate, "north", _macKey, Token(lifetime: 100, age)).IsSuccess();
        Assert.Equal(granted, reply.LifetimeSeconds);
    }

    [Fact]
    public void An_allocation_ends_with_its_token_and_without_grace()
    {
        TestClient client = TokenKit.Client(_server);
        TokenKit.Ask(_server, client, StunMethod.Allocate, "north", _macKey, Token(lifetime: 100)).IsSuccess();
        _server.Advance(99);
        Assert.Equal(1u, TokenKit.Ask(_server, client, StunMethod.Refresh, "north", _macKey, token: null).IsSuccess().LifetimeSeconds);
        _server.Advance(1);
        TokenKit.Ask(_server, client, StunMethod.Refresh, "north", _macKey, token: null).IsError(StunErrorCode.Unauthorized);
        Assert.Equal(0, _server.Turn.AllocationCount);
        TokenKit.Ask(_server, client, StunMethod.Allocate, "north", _macKey, Token(lifetime: 100, age: 105)).IsError(StunErrorCode.Unauthorized);
    }

    [Fact]
    public void A_newer_token_with_the_same_session_key_carries_an_allocation_on()
    {
        TestClient client = TokenKit.Client(_server);
        TokenKit.Ask(_server, client, StunMethod.Allocate, "north", _macKey, Token(lifetime: 100)).IsSuccess();
        _server.Advance(90);
        Reply reply = TokenKit.Ask(_server, client, StunMethod.Refresh, "north", _macKey, Token(lifetime: 3600)).IsSuccess();
        Assert.Equal(600u, reply.LifetimeSeconds);
        _server.Advance(300);
        TokenKit.Ask(_server, client, StunMethod.Refresh, "north", _macKey, token: null).IsSuccess();
    }

    [Fact]
    public void Two_clients_with_one_key_id_are_two_owners()
    {
        TestClient client = Allocated();
        byte[] otherKey = RandomNumberGenerator.GetBytes(20);
        byte[] otherToken = TokenKit.Token(TokenKit.North, otherKey, _server.UnixSeconds);
        TokenKit.Ask(_server, client, StunMethod.CreatePermission, "north", otherKey, otherToken, (ref StunMessageWriter w) =>
            XorPeerAddress.Write(ref w, Addresses.Peer)).IsError(StunErrorCode.WrongCredentials);
        string first = _server.Quota.LastUser!;
        TokenKit.Ask(_server, TokenKit.Client(_server, 40001), StunMethod.Allocate, "north", otherKey, otherToken).IsSuccess();
        Assert.NotEqual(first, _server.Quota.LastUser);
        Assert.StartsWith("north:", first, StringComparison.Ordinal);
    }

    [Fact]
    public void A_Refresh_with_the_clients_next_token_changes_the_session_key_and_no_quota()
    {
        TestClient client = Allocated();
        byte[] nextKey = RandomNumberGenerator.GetBytes(20);
        byte[] next = TokenKit.Token(TokenKit.South, nextKey, _server.UnixSeconds);
        TokenKit.Ask(_server, client, StunMethod.Refresh, "south", nextKey, next).IsSuccess();
        Fill peer = (ref StunMessageWriter w) => XorPeerAddress.Write(ref w, Addresses.Peer);
        TokenKit.Ask(_server, client, StunMethod.CreatePermission, "south", nextKey, token: null, peer).IsSuccess();
        TokenKit.Ask(_server, client, StunMethod.CreatePermission, "north", _macKey, token: null, peer).IsError(StunErrorCode.Unauthorized);
        TokenKit.Ask(_server, client, StunMethod.Refresh, "south", nextKey, token: null, (ref StunMessageWriter w) => Lifetime.Write(ref w, 0))
            .IsSuccess();
        Assert.Equal(_server.Quota.LastUser, _server.Quota.LastReleasedUser);
    }

    [Fact]
    public void The_first_16_bytes_of_a_session_key_sign_too_as_coturns_clients_do() =>
        Assert.True(TokenKit.Ask(
            _server, TokenKit.Client(_server), StunMethod.Allocate, "north", _macKey[..16], Token()).IsSuccess().Authentic);

    [Fact]
    public void A_password_user_named_like_a_key_id_does_not_own_a_tokens_allocation()
    {
        _server.Change(choice => choice with
        {
            Credentials = new StaticUsers(Users.Realm, [Users.Static("north", "north-password")]),
        });
        TestClient client = Allocated();
        new TestClient(_server, "north", "north-password", client.FiveTuple.Client).Refresh().IsError(StunErrorCode.WrongCredentials);
    }

    [Fact]
    public void A_token_holder_can_move_and_another_holder_can_not()
    {
        _server.Change(choice => choice with { TicketKeys = [MobilityScene.Key] });
        TestClient client = TokenKit.Client(_server);
        byte[] ticket = MobilityScene.TicketOf(
            TokenKit.Ask(_server, client, StunMethod.Allocate, "north", _macKey, Token(), MobilityScene.Wanted));
        Fill withTicket = (ref StunMessageWriter w) => MobilityTicket.Write(ref w, ticket);
        TestClient moved = TokenKit.Client(_server, 41000);
        byte[] otherKey = RandomNumberGenerator.GetBytes(20);
        TokenKit.Ask(
            _server, moved, StunMethod.Refresh, "north", otherKey, TokenKit.Token(TokenKit.North, otherKey, _server.UnixSeconds), withTicket)
            .IsError(StunErrorCode.WrongCredentials);
        TokenKit.Ask(_server, moved, StunMethod.Refresh, "north", _macKey, Token(), withTicket).IsSuccess();
    }

    private byte[] Token(uint lifetime = 3600, long age = 0) =>
        TokenKit.Token(TokenKit.North, _macKey, _server.UnixSeconds - age, lifetime);

    private TestClient Allocated()
    {
        TestClient client = TokenKit.Client(_server);
        TokenKit.Ask(_server, client, StunMethod.Allocate, "north", _macKey, Token()).IsSuccess();
        return client;
    }
}
