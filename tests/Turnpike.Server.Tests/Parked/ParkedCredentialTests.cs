using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>Requests that wait for a credential from outside the shard.</summary>
public class ParkedCredentialTests
{
    private readonly DeferredCredentials _credentials = new(Users.Default);
    private readonly TestServer _server;

    public ParkedCredentialTests() => _server = new TestServer(new PolicyChoice { Credentials = _credentials }, maxParkedRequests: 3);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_answer_continues_the_request(bool modern)
    {
        TestClient client = Ready(0);
        client = modern ? client.Modern() : client;
        client.SendsFingerprint = true;
        client.Send(client.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        Assert.Equal(1, _server.Turn.ParkedRequestCount);
        Assert.Equal(0, _server.Turn.AllocationCount);

        Outcome outcome = _credentials.Answer(_server, 0);
        Assert.Equal(client.FiveTuple, outcome.FiveTuple);
        Assert.True(client.Check(outcome.IsToClient()).IsSuccess().Authentic);
        Assert.Equal(0, _server.Turn.ParkedRequestCount);
        Assert.Equal(1, _server.Turn.AllocationCount);
        Assert.Empty(_server.Advance(10));
    }

    [Fact]
    public void The_request_is_kept_though_the_callers_buffer_is_reused()
    {
        TestClient client = Ready(0);
        byte[] request = client.Build(StunMethod.Allocate, TestClient.Udp);
        byte[] buffer = [.. request];
        client.Send(buffer).IsPending();
        Array.Clear(buffer);
        _credentials.Answer(_server, 0).IsToClient().IsSuccess();
    }

    [Fact]
    public void An_unknown_user_and_a_wrong_password_are_401_after_the_answer()
    {
        TestClient nobody = Ready(0, "nobody");
        nobody.Send(nobody.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        nobody.Check(_credentials.Answer(_server, 0).IsToClient()).IsError(StunErrorCode.Unauthorized);
        TestClient wrong = Ready(1);
        wrong.Password = "wrong";
        wrong.Send(wrong.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        wrong.Check(_credentials.Answer(_server, 1).IsToClient()).IsError(StunErrorCode.Unauthorized);
    }

    [Fact]
    public void A_source_that_cannot_answer_is_500()
    {
        TestClient client = Ready(0);
        client.Send(client.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        client.Check(_server.CompleteCredential(_credentials.Tickets[0], CredentialLookup.Unavailable, null).IsToClient())
            .IsError(StunErrorCode.ServerError);
    }

    [Fact]
    public void Without_an_answer_it_is_500_in_time()
    {
        TestClient client = Ready(0);
        client.Send(client.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        Assert.Empty(_server.Advance(2.9));
        Outcome outcome = Assert.Single(_server.Advance(0.35));
        client.Check(outcome.IsToClient()).IsError(StunErrorCode.ServerError);
        Assert.Equal(0, _server.Turn.ParkedRequestCount);
        _credentials.Answer(_server, 0).IsDrop(DropReason.ParkedRequestGone);
        Assert.Equal(0, _server.Turn.AllocationCount);
    }

    [Fact]
    public void Retransmissions_wait_with_the_request()
    {
        TestClient client = Ready(0);
        byte[] request = client.Build(StunMethod.Allocate, TestClient.Udp);
        client.Send(request).IsPending();
        client.Send(request).IsDrop(DropReason.AlreadyParked);
        client.Send(request).IsDrop(DropReason.AlreadyParked);
        Assert.Single(_credentials.Tickets);
        Assert.Equal(1, _server.Turn.ParkedRequestCount);
        client.Check(_credentials.Answer(_server, 0).IsToClient()).IsSuccess();
    }

    [Fact]
    public void No_more_than_the_bound_wait_and_the_next_is_508()
    {
        for (ushort i = 0; i < 3; i++)
        {
            TestClient waiting = Ready(i);
            waiting.Send(waiting.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        }

        TestClient late = Ready(3);
        late.Exchange(late.Build(StunMethod.Allocate, TestClient.Udp)).IsError(StunErrorCode.InsufficientCapacity);
        Assert.Equal(3, _server.Turn.ParkedRequestCount);
        _credentials.Answer(_server, 0).IsToClient().IsSuccess();
        late.Send(late.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
    }

    [Fact]
    public void An_oversized_request_is_508_and_not_kept()
    {
        TestClient client = Ready(0);
        byte[] request = client.Build(StunMethod.Allocate, (ref StunMessageWriter w) =>
        {
            TestClient.Udp(ref w);
            w.Append((StunAttributeType)0xFFF0, new byte[2048]);
        });
        client.Exchange(request).IsError(StunErrorCode.InsufficientCapacity);
        Assert.Equal(0, _server.Turn.ParkedRequestCount);
    }

    [Fact]
    public void All_that_waited_too_long_are_answered_in_one_round_of_ticks()
    {
        for (ushort i = 0; i < 3; i++)
        {
            TestClient client = Ready(i);
            client.Send(client.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        }

        List<Outcome> outcomes = _server.Advance(3.25);
        Assert.Equal(3, outcomes.Count);
        Assert.All(outcomes, o => o.IsToClient().IsError(StunErrorCode.ServerError));
        Assert.Equal(3, new HashSet<FiveTuple>(outcomes.ConvertAll(o => o.FiveTuple)).Count);
    }

    [Fact]
    public void A_500_is_rationed_like_any_answer_to_who_has_proved_nothing()
    {
        _server.Change(choice => choice with { UnauthenticatedResponsesPerSecond = 2 });
        for (ushort i = 0; i < 3; i++)
        {
            TestClient client = Ready(i);
            client.Send(client.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
            _server.AdvanceUnnoticed(0.5);
        }

        _server.Change(choice => choice with { UnauthenticatedResponsesPerSecond = 1 });
        List<Outcome> outcomes = _server.Advance(3);
        Assert.Equal(2, outcomes.FindAll(o => o.Kind == EgressKind.ToClient).Count);
        outcomes.Find(o => o.Kind == EgressKind.Drop)!.IsDrop(DropReason.UnauthenticatedRateLimited);
        Assert.Equal(0, _server.Turn.ParkedRequestCount);
    }

    [Fact]
    public void A_credential_that_expired_while_waiting_is_401()
    {
        TestClient client = RestCredentialTests.ClientOf(_server, _server.UnixSeconds + 2);
        client.Challenge();
        client.Send(client.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        _server.Advance(2);
        client.Check(_credentials.Answer(_server, 0).IsToClient()).IsError(StunErrorCode.Unauthorized);
    }

    [Fact]
    public void A_ticket_is_answered_once()
    {
        TestClient client = Ready(0);
        client.Send(client.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        _credentials.Answer(_server, 0).IsToClient().IsSuccess();
        _credentials.Answer(_server, 0).IsDrop(DropReason.ParkedRequestGone);
        _server.CompleteCredential(12345, CredentialLookup.Unknown, null).IsDrop(DropReason.ParkedRequestGone);
        Assert.Equal(1, _server.Quota.Held);
    }

    [Fact]
    public void Requests_on_the_allocation_do_not_wait_again()
    {
        TestClient client = Ready(0);
        client.Send(client.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        client.Check(_credentials.Answer(_server, 0).IsToClient()).IsSuccess();
        client.Refresh().IsSuccess();
        client.CreatePermission(Addresses.Peer).IsSuccess();
        Assert.Single(_credentials.Tickets);
    }

    [Fact]
    public void Two_requests_of_one_5_tuple_wait_by_themselves()
    {
        TestClient client = Ready(0);
        client.Send(client.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        client.Send(client.Build(StunMethod.Allocate, TestClient.Udp)).IsPending();
        _credentials.Answer(_server, 0).IsToClient().IsSuccess();
        _credentials.Answer(_server, 1).IsToClient().IsError(StunErrorCode.AllocationMismatch);
        Assert.Equal(1, _server.Quota.Held);
    }

    private TestClient Ready(ushort number, string user = "alice")
    {
        var client = new TestClient(_server, user, address: Addresses.Client.WithPort((ushort)(40000 + number)));
        client.Challenge();
        return client;
    }
}
