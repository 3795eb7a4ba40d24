using System.Security.Cryptography;
using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>Credentials that were good once: what is verified by an allocation's own key asks whether that still holds.</summary>
public class CurrentCredentialTests
{
    private readonly TenantUsers _users = new();
    private readonly TestServer _server;
    private readonly TestClient _client;

    public CurrentCredentialTests()
    {
        _server = new TestServer(new PolicyChoice { Credentials = _users });
        _client = TenantUsers.Client(_server, "red/alice").Allocated();
    }

    [Fact]
    public void A_credential_that_holds_is_looked_up_once_for_all_requests_of_its_allocation()
    {
        Assert.Equal((1, 0), (_users.Lookups, _users.Questions));
        _client.Refresh().IsSuccess();
        _client.CreatePermission(Addresses.Peer).IsSuccess();
        Assert.Equal((1, 2), (_users.Lookups, _users.Questions));
    }

    [Fact]
    public void A_revoked_credential_is_refused_from_its_next_request_on()
    {
        _users.Revoked.Add("red/alice");
        _client.Refresh().IsError(StunErrorCode.Unauthorized);
        _client.CreatePermission(Addresses.Peer).IsError(StunErrorCode.Unauthorized);
        _client.ChannelBind(0x4000, Addresses.Peer).IsError(StunErrorCode.Unauthorized);
        _client.Refresh(0).IsError(StunErrorCode.Unauthorized);
        Assert.Equal(1, _server.Turn.AllocationCount);
    }

    [Fact]
    public void A_retired_credential_whose_user_is_still_there_goes_the_long_way_once_and_is_kept_anew()
    {
        Credential first = _users.LastFound!;
        _users.Retired.Add(first);
        _client.Refresh().IsSuccess();
        Assert.Equal(2, _users.Lookups);
        Assert.Same(_users.LastFound, _server.AllocationOf(_client).Credential);
        Assert.NotSame(first, _users.LastFound);
        _client.Refresh().IsSuccess();
        Assert.Equal(2, _users.Lookups);
    }

    [Fact]
    public void A_wrong_password_on_a_retired_credential_is_refused_and_nothing_is_kept()
    {
        Credential first = _users.LastFound!;
        _users.Retired.Add(first);
        _client.Password = "guessed";
        _client.Refresh().IsError(StunErrorCode.Unauthorized);
        Assert.Same(first, _server.AllocationOf(_client).Credential);
    }

    [Fact]
    public void An_answer_that_does_not_hold_any_more_when_the_quota_comes_is_looked_up_again()
    {
        var deferred = new Deferred(_users);
        var server = new TestServer(new PolicyChoice { Credentials = deferred }) { Quota = { Decision = QuotaDecision.Pending } };
        TestClient client = TenantUsers.Client(server, "red/alice");
        client.Challenge();
        client.Send(client.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        Credential found = deferred.Found[^1];
        server.CompleteCredential(deferred.Tickets[0], CredentialLookup.Found, found).IsPending();
        _users.Retired.Add(found);
        server.Quota.Grant();
        server.CompleteQuota(server.Quota.Tickets[0], QuotaDecision.Granted, realm: "red").IsPending();
        Assert.Equal(0, server.Quota.Held); // it waits without
        server.CompleteCredential(deferred.Tickets[1], CredentialLookup.Found, deferred.Found[^1]).IsPending();
        server.Quota.Grant();
        client.Check(server.CompleteQuota(server.Quota.Tickets[1], QuotaDecision.Granted, realm: "red").IsToClient()).IsSuccess();
        Assert.Equal((1, 1), (server.Quota.Held, server.Turn.AllocationCount));
        client.Refresh(0).IsSuccess();
        Assert.Equal(0, server.Quota.Held);
    }

    [Fact]
    public void Sources_say_yes_unless_they_know_better_and_a_chain_asks_all_of_them()
    {
        ICredentialSource plain = Users.Default;
        Credential credential = _users.LastFound!;
        Assert.True(plain.IsCurrent(credential, 0));
        ICredentialSource chain = new CredentialChain(plain, _users);
        Assert.True(chain.IsCurrent(credential, 0));
        _users.Retired.Add(credential);
        Assert.False(chain.IsCurrent(credential, 0));
    }

    [Fact]
    public void Access_tokens_stand_for_themselves_RFC_7635()
    {
        byte[] macKey = RandomNumberGenerator.GetBytes(20);
        var server = new TestServer(TokenKit.Choice with { Credentials = new Deaf() });
        TestClient client = TokenKit.Client(server);
        byte[] token = TokenKit.Token(TokenKit.North, macKey, server.UnixSeconds);
        TokenKit.Ask(server, client, StunMethod.Allocate, "north", macKey, token).IsSuccess();
        TokenKit.Ask(server, client, StunMethod.Refresh, "north", macKey, token: null).IsSuccess();
        TokenKit.Ask(server, client, StunMethod.Refresh, "north", macKey, token).IsSuccess();
    }

    /// <summary>Knows nobody, and holds nothing for good.</summary>
    private sealed class Deaf : ICredentialSource
    {
        public CredentialLookup Find(in CredentialQuery query, out Credential? credential)
        {
            credential = null;
            return CredentialLookup.Unknown;
        }

        public bool IsCurrent(Credential credential, long unixNow) => false;
    }

    private sealed class Deferred(TenantUsers inner) : ICredentialSource
    {
        public List<long> Tickets { get; } = [];

        public List<Credential> Found { get; } = [];

        public CredentialLookup Find(in CredentialQuery query, out Credential? credential)
        {
            inner.Find(query, out Credential? found);
            Tickets.Add(query.Ticket);
            Found.Add(found!);
            credential = null;
            return CredentialLookup.Pending;
        }

        public bool IsCurrent(Credential credential, long unixNow) => inner.IsCurrent(credential, unixNow);
    }
}
