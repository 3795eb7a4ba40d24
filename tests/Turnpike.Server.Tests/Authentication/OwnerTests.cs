using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Server.Tests;

/// <summary>RFC 8656 section 5: an allocation belongs to the user that made it.</summary>
public class OwnerTests
{
    private readonly TestServer _server = new();

    [Theory]
    [InlineData(StunMethod.Refresh)]
    [InlineData(StunMethod.CreatePermission)]
    [InlineData(StunMethod.ChannelBind)]
    public void A_request_of_another_user_on_an_allocation_is_441(StunMethod method)
    {
        TestClient alice = new TestClient(_server).Allocated();
        var bob = new TestClient(_server, "bob", "bob-password");
        bob.Request(method, (ref StunMessageWriter w) =>
        {
            ChannelNumber.Write(ref w, 0x4000);
            XorPeerAddress.Write(ref w, Addresses.Peer);
        }).IsError(StunErrorCode.WrongCredentials);
        alice.SendIndication(Addresses.Peer, "x"u8).IsDrop(DropReason.NoPermission);
        alice.Refresh().IsSuccess();
    }

    [Fact]
    public void A_deletion_by_another_user_is_441_and_deletes_nothing()
    {
        new TestClient(_server).Allocated();
        new TestClient(_server, "bob", "bob-password").Refresh(lifetime: 0).IsError(StunErrorCode.WrongCredentials);
        Assert.Equal(1, _server.Turn.AllocationCount);
    }

    [Fact]
    public void The_441_is_authenticated_with_the_other_users_key()
    {
        new TestClient(_server).Allocated();
        Assert.True(new TestClient(_server, "bob", "bob-password").Refresh().IsError(StunErrorCode.WrongCredentials).Authentic);
    }

    [Fact]
    public void An_Allocate_of_another_user_on_a_used_5_tuple_is_437_RFC_8656_5_and_7_2()
    {
        // "a non-Allocate request" is what 441 is for; a NAT gave the mapping of a crashed client to another.
        new TestClient(_server).Allocated();
        new TestClient(_server, "bob", "bob-password").Allocate().IsError(StunErrorCode.AllocationMismatch);
    }

    [Fact]
    public void An_Allocate_of_another_user_with_the_same_transaction_is_no_retransmission()
    {
        TestClient alice = new TestClient(_server).Allocated();
        Assert.Equal(StunParseResult.Ok, StunMessage.TryParse(alice.LastRequest, out StunMessage sent));
        var bob = new TestClient(_server, "bob", "bob-password");
        bob.Challenge();
        bob.Exchange(bob.Build(StunMethod.Allocate, TestClient.Udp, id: sent.TransactionId))
            .IsError(StunErrorCode.AllocationMismatch);
        alice.Refresh().IsSuccess();
    }

    [Fact]
    public void After_the_allocations_end_the_5_tuple_is_anybodys()
    {
        new TestClient(_server).Allocated().Refresh(lifetime: 0).IsSuccess();
        new TestClient(_server, "bob", "bob-password").Allocate().IsSuccess();
        Assert.Equal(1, _server.Quota.Held);
    }

    [Fact]
    public void A_wrong_password_on_an_allocation_is_401_not_441()
    {
        new TestClient(_server).Allocated();
        new TestClient(_server, "alice", "wrong").Refresh().IsError(StunErrorCode.Unauthorized);
        new TestClient(_server, "bob", "wrong").Refresh().IsError(StunErrorCode.Unauthorized);
    }

    [Fact]
    public void A_client_may_change_its_algorithm_during_an_allocation()
    {
        TestClient client = new TestClient(_server).Allocated().Modern();
        client.Refresh().IsSuccess();
        client.Algorithm = null;
        client.Integrity = IntegrityKind.Sha1;
        client.Refresh().IsSuccess();
    }
}
