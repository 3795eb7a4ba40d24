using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>Each reason for which a request is not authenticated is counted apart, and nothing else is.</summary>
public class AuthenticationCounterTests
{
    private readonly TestServer _server = new();

    [Fact]
    public void A_challenge_and_a_call_that_goes_well_are_no_failures()
    {
        TestClient client = new TestClient(_server).Allocated();
        client.Refresh().IsSuccess();
        client.CreatePermission(Addresses.Peer).IsSuccess();
        Assert.Empty(Counted(_server));
    }

    [Fact]
    public void An_integrity_attribute_alone_is_incomplete()
    {
        var client = new TestClient(_server);
        client.Challenge();
        client.CredentialAttributes = static (ref StunMessageWriter _) => { };
        client.Allocate().IsError(StunErrorCode.BadRequest);
        OnlyCounted(AuthenticationFailure.Incomplete);
    }

    [Fact]
    public void An_old_nonce_is_counted()
    {
        TestClient client = new TestClient(_server).Allocated();
        client.Nonce![^1] ^= 1;
        client.Refresh().IsError(StunErrorCode.StaleNonce);
        OnlyCounted(AuthenticationFailure.StaleNonce);
    }

    [Fact]
    public void Other_algorithms_than_those_offered_are_counted()
    {
        TestClient client = new TestClient(_server).Modern();
        client.Challenge();
        client.Offered = client.Offered![..4];
        client.Allocate().IsError(StunErrorCode.BadRequest);
        OnlyCounted(AuthenticationFailure.WrongAlgorithm);
    }

    [Fact]
    public void Another_realm_is_counted()
    {
        var client = new TestClient(_server);
        client.Challenge();
        client.Realm = "elsewhere";
        client.Allocate().IsError(StunErrorCode.Unauthorized);
        OnlyCounted(AuthenticationFailure.WrongRealm);
    }

    [Theory]
    [InlineData("mallory", "x", AuthenticationFailure.UnknownUser)]
    [InlineData("alice", "guessed", AuthenticationFailure.WrongPassword)]
    [InlineData("1600000000:alice", "x", AuthenticationFailure.Expired)]
    public void Who_it_is_not_is_counted(string username, string password, AuthenticationFailure reason)
    {
        new TestClient(_server, username, password).Allocate().IsError(StunErrorCode.Unauthorized);
        OnlyCounted(reason);
    }

    [Fact]
    public void An_expired_name_that_is_a_static_users_is_that_users()
    {
        const string name = "1600000000:alice";
        var users = new CredentialChain(
            new RestCredentials(Users.Realm, [Users.RestSecret]), new StaticUsers(Users.Realm, [Users.Static(name, "word")]));
        var server = new TestServer(new PolicyChoice { Credentials = users });
        new TestClient(server, name, "word").Allocated();
        Assert.Empty(Counted(server));
    }

    [Fact]
    public void Another_user_on_an_allocation_is_counted()
    {
        TestClient alice = new TestClient(_server).Allocated();
        (alice.Username, alice.Password) = ("bob", "bob-password");
        alice.Refresh().IsError(StunErrorCode.WrongCredentials);
        OnlyCounted(AuthenticationFailure.WrongUser);
    }

    [Theory]
    [InlineData(CredentialLookup.Revoked, StunErrorCode.Unauthorized, AuthenticationFailure.Revoked)]
    [InlineData(CredentialLookup.Unavailable, StunErrorCode.ServerError, AuthenticationFailure.Unavailable)]
    public void What_a_source_says_later_is_counted_once(CredentialLookup lookup, int code, AuthenticationFailure reason)
    {
        var credentials = new DeferredCredentials(Users.Default);
        var server = new TestServer(new PolicyChoice { Credentials = credentials });
        var client = new TestClient(server);
        client.Challenge();
        client.Send(client.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        Assert.Empty(Counted(server));
        client.Check(server.CompleteCredential(credentials.Tickets[0], lookup, null).IsToClient()).IsError(code);
        Assert.Equal([(reason, 1)], Counted(server));
    }

    [Fact]
    public void A_source_that_says_nothing_in_time_is_unavailable()
    {
        var server = new TestServer(new PolicyChoice { Credentials = new DeferredCredentials(Users.Default) });
        var client = new TestClient(server);
        client.Challenge();
        client.Send(client.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        server.Advance(60);
        Assert.Equal([(AuthenticationFailure.Unavailable, 1)], Counted(server));
    }

    private static List<(AuthenticationFailure, long)> Counted(TestServer server) =>
    [
        .. Enum.GetValues<AuthenticationFailure>()
            .Select(reason => (reason, server.Counters.AuthenticationFailures(reason)))
            .Where(each => each.Item2 > 0),
    ];

    private void OnlyCounted(AuthenticationFailure reason) => Assert.Equal([(reason, 1)], Counted(_server));
}
