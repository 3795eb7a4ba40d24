using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>Allocates that wait for a quota grant from outside the shard.</summary>
public class ParkedQuotaTests
{
    private readonly TestServer _server = new(maxParkedRequests: 2) { Quota = { Decision = QuotaDecision.Pending } };

    [Fact]
    public void A_grant_continues_the_Allocate()
    {
        TestClient client = Waiting(0);
        Assert.True(client.Check(Grant(0).IsToClient()).IsSuccess().Authentic);
        Assert.Equal(1, _server.Quota.Held);
        Assert.Equal(1, _server.Turn.AllocationCount);
        client.Refresh(0).IsSuccess();
        Assert.Equal(0, _server.Quota.Held);
    }

    [Theory]
    [InlineData(QuotaDecision.UserQuotaReached, StunErrorCode.AllocationQuotaReached)]
    [InlineData(QuotaDecision.RealmQuotaReached, StunErrorCode.AllocationQuotaReached)]
    [InlineData(QuotaDecision.ServerQuotaReached, StunErrorCode.AllocationQuotaReached)]
    [InlineData(QuotaDecision.ByteQuotaReached, StunErrorCode.AllocationQuotaReached)]
    [InlineData(QuotaDecision.Unavailable, StunErrorCode.InsufficientCapacity)]
    public void A_refusal_answers_it(QuotaDecision decision, int code)
    {
        TestClient client = Waiting(0);
        Assert.True(client.Check(_server.CompleteQuota(_server.Quota.Tickets[0], decision).IsToClient()).IsError(code).Authentic);
        Assert.Equal(0, _server.Pool.OpenCount);
    }

    [Fact]
    public void Without_a_grant_it_is_508_in_time_with_the_integrity_that_a_client_insists_on_RFC_8489_9_2_5()
    {
        TestClient client = new TestClient(_server).Modern();
        client.Challenge();
        client.Send(client.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        Outcome outcome = Assert.Single(_server.Advance(3.25));
        Assert.True(client.Check(outcome.IsToClient()).IsError(StunErrorCode.InsufficientCapacity).Authentic);
        Assert.Equal(0, _server.Turn.ParkedRequestCount);
    }

    [Fact]
    public void A_grant_that_comes_too_late_goes_back()
    {
        Waiting(0);
        _server.Advance(4);
        Grant(0).IsDrop(DropReason.ParkedRequestGone);
        Assert.Equal(0, _server.Quota.Held);
        Assert.Equal(0, _server.Turn.AllocationCount);
    }

    [Fact]
    public void A_refusal_that_comes_too_late_gives_nothing_back()
    {
        Waiting(0);
        _server.Advance(4);
        _server.CompleteQuota(_server.Quota.Tickets[0], QuotaDecision.UserQuotaReached).IsDrop(DropReason.ParkedRequestGone);
        Assert.Equal(0, _server.Quota.Held);
    }

    [Fact]
    public void A_grant_for_a_request_that_has_become_pointless_goes_back()
    {
        TestClient client = Waiting(0);
        client.Send(client.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        Grant(0).IsToClient().IsSuccess();
        Grant(1).IsToClient().IsError(StunErrorCode.AllocationMismatch);
        Assert.Equal(1, _server.Quota.Held);
    }

    [Fact]
    public void A_grant_goes_back_when_the_server_drains_meanwhile()
    {
        Waiting(0);
        _server.Turn.Draining = true;
        Grant(0).IsToClient().IsError(StunErrorCode.InsufficientCapacity);
        Assert.Equal(0, _server.Quota.Held);
    }

    [Fact]
    public void A_grant_goes_back_when_no_port_is_free()
    {
        _server.Pool.Families.Clear();
        Waiting(0);
        Grant(0).IsToClient().IsError(StunErrorCode.AddressFamilyNotSupported);
        Assert.Equal(0, _server.Quota.Held);
    }

    [Fact]
    public void A_grant_goes_back_to_where_it_came_from_when_the_realm_changes_meanwhile()
    {
        Waiting(0);
        _server.Change(choice => choice with { Realm = "example.net" });
        Grant(0).IsToClient().IsError(StunErrorCode.Unauthorized);
        Assert.Equal(0, _server.Quota.Held);
        Assert.Equal(Users.Realm, _server.Quota.LastReleasedRealm);
    }

    [Fact]
    public void A_grant_goes_back_when_the_nonce_became_stale_meanwhile()
    {
        _server.Change(choice => choice with { Lifetimes = new LifetimePolicy { Nonce = 2 } });
        TestClient client = Waiting(0);
        _server.Advance(2);
        client.Check(Grant(0).IsToClient()).IsError(StunErrorCode.StaleNonce);
        Assert.Equal(0, _server.Quota.Held);
    }

    [Fact]
    public void Retransmissions_ask_for_quota_once()
    {
        TestClient client = Waiting(0);
        client.Send(client.LastRequest).IsDrop(DropReason.AlreadyParked);
        Assert.Equal(1, _server.Quota.Acquired);
        Grant(0).IsToClient().IsSuccess();
        client.Resend().IsSuccess();
        Assert.Equal(1, _server.Quota.Acquired);
    }

    [Fact]
    public void No_more_than_the_bound_wait_and_a_late_grant_for_the_refused_goes_back()
    {
        Waiting(0);
        Waiting(1);
        var third = new TestClient(_server, address: Addresses.Client.WithPort(40002));
        Assert.True(third.Allocate().IsError(StunErrorCode.InsufficientCapacity).Authentic);
        Grant(2).IsDrop(DropReason.ParkedRequestGone);
        Assert.Equal(0, _server.Quota.Held);
    }

    [Fact]
    public void Both_stages_follow_each_other_credential_then_quota()
    {
        var credentials = new DeferredCredentials(Users.Default);
        _server.Change(choice => choice with { Credentials = credentials });
        var client = new TestClient(_server);
        client.Challenge();
        client.Send(client.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        Assert.Empty(_server.Quota.Tickets);
        _server.Advance(2);
        credentials.Answer(_server, 0).IsPending();
        Assert.Equal(1, _server.Turn.ParkedRequestCount);
        Assert.Empty(_server.Advance(2)); // the second wait has its own time
        Assert.True(client.Check(Grant(0).IsToClient()).IsSuccess().Authentic);
        Assert.Single(credentials.Tickets);
        Assert.Equal(1, _server.Quota.Held);
        Assert.Equal(0, _server.Turn.ParkedRequestCount);
    }

    [Fact]
    public void A_second_answer_about_the_credential_is_ignored_while_the_quota_is_being_asked_for()
    {
        var credentials = new DeferredCredentials(Users.Default);
        _server.Change(choice => choice with { Credentials = credentials });
        TestClient client = Waiting(0);
        credentials.Answer(_server, 0).IsPending();
        credentials.Answer(_server, 0).IsDrop(DropReason.ParkedRequestGone);
        _server.CompleteCredential(credentials.Tickets[0], CredentialLookup.Unknown, null).IsDrop(DropReason.ParkedRequestGone);
        Assert.Equal((1, 1), (_server.Quota.Acquired, _server.Turn.ParkedRequestCount));
        Assert.True(client.Check(Grant(0).IsToClient()).IsSuccess().Authentic);
        Assert.Equal(1, _server.Quota.Held);
    }

    [Fact]
    public void A_grant_that_nobody_asked_for_goes_back_and_leaves_the_request_waiting_for_its_credential()
    {
        var credentials = new DeferredCredentials(Users.Default);
        _server.Change(choice => choice with { Credentials = credentials });
        TestClient client = Waiting(0);
        _server.Quota.Grant();
        _server.CompleteQuota(credentials.Tickets[0], QuotaDecision.Granted).IsDrop(DropReason.ParkedRequestGone);
        Assert.Equal(0, _server.Quota.Held);
        credentials.Answer(_server, 0).IsPending();
        Assert.True(client.Check(Grant(0).IsToClient()).IsSuccess().Authentic);
    }

    [Fact]
    public void A_grant_for_another_realm_or_user_than_the_credentials_goes_back_and_the_client_may_try_again()
    {
        foreach ((string realm, string user) in new[] { ("elsewhere", "alice"), (Users.Realm, "bob") })
        {
            TestClient client = Waiting(0);
            _server.Quota.Grant();
            client.Check(_server.CompleteQuota(_server.Quota.Tickets[^1], QuotaDecision.Granted, user, realm).IsToClient())
                .IsError(StunErrorCode.InsufficientCapacity);
            Assert.Equal((0, 0), (_server.Quota.Held, _server.Turn.AllocationCount));
            Assert.Equal((realm, user), (_server.Quota.LastReleasedRealm, _server.Quota.LastReleasedUser));
        }
    }

    [Fact]
    public void The_second_stage_times_out_with_508()
    {
        var credentials = new DeferredCredentials(Users.Default);
        _server.Change(choice => choice with { Credentials = credentials });
        var client = new TestClient(_server);
        client.Challenge();
        client.Send(client.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        credentials.Answer(_server, 0).IsPending();
        Outcome outcome = Assert.Single(_server.Advance(3.25));
        Assert.True(client.Check(outcome.IsToClient()).IsError(StunErrorCode.InsufficientCapacity).Authentic);
        Grant(0).IsDrop(DropReason.ParkedRequestGone);
        Assert.Equal(0, _server.Quota.Held);
    }

    private TestClient Waiting(ushort number)
    {
        var client = new TestClient(_server, address: Addresses.Client.WithPort((ushort)(40000 + number)));
        client.Challenge();
        client.Send(client.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        return client;
    }

    private Outcome Grant(int index)
    {
        _server.Quota.Grant();
        return _server.CompleteQuota(_server.Quota.Tickets[index], QuotaDecision.Granted);
    }
}
