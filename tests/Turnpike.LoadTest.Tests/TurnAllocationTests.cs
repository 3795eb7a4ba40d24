using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.LoadTest.Tests;

public sealed class TurnAllocationTests
{
    private const long Second = 1_000_000_000;
    private const ushort Channel = 0x4001;

    private static readonly TransportAddress Peer = TransportAddress.IPv4(0x7f000001, 9);

    private readonly ScriptedServer _server = new();
    private TurnAllocation _allocation = new(ScriptedServer.Credential, Peer, Channel);

    [Fact]
    public void An_allocation_is_asked_for_without_credentials_then_with_them_and_gets_its_channel()
    {
        _allocation.Start(0);
        StunMessage first = _server.Take(_allocation, 0);
        Assert.Equal(StunMethod.Allocate, first.Method);
        Assert.False(first.Has(StunAttributeType.Username));
        RequestedTransport.Read(first, out byte transport);
        Assert.Equal(17, transport);

        _server.Challenge(_allocation, 0);
        StunMessage second = _server.Take(_allocation, 0);
        Assert.Equal(StunMethod.Allocate, second.Method);
        Assert.True(_server.Verifies(second));
        Assert.NotEqual(first.TransactionId, second.TransactionId);

        _server.Succeed(_allocation, 0);
        Assert.Equal(ScriptedServer.Relayed, _allocation.Relayed);
        StunMessage bind = _server.Take(_allocation, 0);
        Assert.Equal(StunMethod.ChannelBind, bind.Method);
        Assert.True(_server.Verifies(bind));
        ChannelNumber.Read(bind, out ushort channel);
        XorPeerAddress.Read(bind, out TransportAddress peer);
        Assert.Equal((Channel, Peer), (channel, peer));
        _server.Succeed(_allocation, 0);
        Assert.Equal(AllocationStage.Ready, _allocation.Stage);
    }

    [Fact]
    public void A_refusal_says_the_request_the_code_and_the_reason_without_control_characters()
    {
        _allocation.Start(0);
        _server.Take(_allocation, 0);
        _server.Refuse(_allocation, 0, StunErrorCode.AllocationQuotaReached, "Allocation\u001b[1m Quota Reached");
        Assert.Equal(AllocationStage.Failed, _allocation.Stage);
        Assert.Equal("the server refused Allocate: 486 Allocation[1m Quota Reached", _allocation.Failure);
        Assert.False(_allocation.IsTaken);
    }

    [Fact]
    public void A_second_401_is_a_wrong_password()
    {
        _allocation.Start(0);
        _server.Take(_allocation, 0);
        _server.Challenge(_allocation, 0);
        _server.Take(_allocation, 0);
        _server.Challenge(_allocation, 0);
        Assert.Equal("the server refused Allocate: 401 Again", _allocation.Failure);
    }

    [Fact]
    public void A_stale_nonce_is_replaced_but_not_for_ever()
    {
        _allocation.Start(0);
        _server.Take(_allocation, 0);
        _server.Challenge(_allocation, 0);
        for (int i = 0; i < 3; i++)
        {
            _server.Take(_allocation, 0);
            _server.Challenge(_allocation, 0, StunErrorCode.StaleNonce, $"nonce{i}");
        }

        Nonce.Read(_server.Take(_allocation, 0), out ReadOnlySpan<byte> nonce);
        Assert.True(nonce.SequenceEqual("nonce2"u8));
        _server.Challenge(_allocation, 0, StunErrorCode.StaleNonce, "nonce3");
        Assert.Equal(AllocationStage.Failed, _allocation.Stage);
    }

    [Fact]
    public void An_address_that_the_server_still_holds_is_told_apart()
    {
        _allocation.Start(0);
        _server.Take(_allocation, 0);
        _server.Refuse(_allocation, 0, StunErrorCode.AllocationMismatch, "Allocation Mismatch");
        Assert.True(_allocation.IsTaken);
    }

    [Fact]
    public void A_300_names_the_server_to_ask_and_without_one_it_is_a_refusal()
    {
        TransportAddress other = TransportAddress.IPv4(0x7f000001, 3479);
        Assert.Equal(other, Failed(server => server.Redirect(_allocation, 0, other, isSigned: true)).Alternate?.Server);
        Assert.Equal(("300 Try Alternate to 127.0.0.1:3479", false), (_allocation.FailureKind, _allocation.MayRemain));
        foreach (TransportAddress? useless in (TransportAddress?[])[null, other.WithPort(0)])
        {
            Assert.Null(Failed(server => server.Redirect(_allocation, 0, useless, isSigned: true)).Alternate);
            Assert.Equal("the server refused Allocate: 300 Try Alternate without a usable ALTERNATE-SERVER", _allocation.Failure);
        }
    }

    [Fact]
    public void A_300_that_anybody_could_have_made_up_is_believed_only_before_there_is_a_key()
    {
        TransportAddress other = TransportAddress.IPv4(0x7f000001, 3479);
        _allocation.Start(0);
        _server.Take(_allocation, 0);
        _server.Challenge(_allocation, 0);
        _server.Take(_allocation, 0);
        _server.Redirect(_allocation, 0, other, isSigned: false);
        Assert.Equal(AllocationStage.Allocating, _allocation.Stage);
        _server.Succeed(_allocation, 0);
        Assert.Equal(AllocationStage.BindingChannel, _allocation.Stage);

        _allocation = new TurnAllocation(ScriptedServer.Credential, Peer, Channel);
        _allocation.Start(0);
        _server.Take(_allocation, 0);
        _server.Redirect(_allocation, 0, other, isSigned: false);
        Assert.Equal(other, _allocation.Alternate?.Server);
    }

    [Fact]
    public void A_request_is_sent_four_times_and_then_given_up()
    {
        _allocation.Start(0);
        byte[] request = _allocation.TakeDue(0).ToArray();
        foreach (long milliseconds in (long[])[500, 1500, 3500])
        {
            Assert.Equal(0, _allocation.TakeDue((milliseconds * 1_000_000) - 1).Length);
            Assert.Equal(request, _allocation.TakeDue(milliseconds * 1_000_000).ToArray());
        }

        Assert.Equal(0, _allocation.TakeDue((long)(7.5 * Second) - 1).Length);
        Assert.Equal(AllocationStage.Allocating, _allocation.Stage);
        Assert.Equal(0, _allocation.TakeDue((long)(7.5 * Second)).Length);
        Assert.Equal("no answer to Allocate after 4 transmissions", _allocation.Failure);
    }

    [Fact]
    public void A_response_that_does_not_verify_is_ignored_and_named_in_the_end()
    {
        _allocation.Start(0);
        _server.Take(_allocation, 0);
        _server.Challenge(_allocation, 0);
        _server.Take(_allocation, 0);
        _server.Succeed(_allocation, 0, tamper: true);
        Assert.Equal(AllocationStage.Allocating, _allocation.Stage);
        foreach (double seconds in (double[])[0.5, 1.5, 3.5, 7.5])
        {
            _allocation.TakeDue((long)(seconds * Second));
        }

        Assert.Contains("1 answers failed their MESSAGE-INTEGRITY", _allocation.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void The_channel_is_renewed_within_the_permissions_life_and_the_allocation_within_its_own()
    {
        _server.MakeReady(_allocation, 0);
        Assert.Equal(0, _allocation.TakeDue((200 * Second) - 1).Length);
        Assert.Equal(StunMethod.ChannelBind, _server.Take(_allocation, 200 * Second).Method);
        _server.Succeed(_allocation, 200 * Second);
        Assert.Equal(0, _allocation.TakeDue((400 * Second) - 1).Length);
        StunMessage refresh = _server.Take(_allocation, 400 * Second);
        Assert.Equal(StunMethod.Refresh, refresh.Method);
        Assert.False(refresh.Has(StunAttributeType.Lifetime));
        _server.Succeed(_allocation, 400 * Second);
        Assert.Equal(StunMethod.ChannelBind, _server.Take(_allocation, 400 * Second).Method);
    }

    [Fact]
    public void Deletion_is_a_refresh_with_lifetime_zero()
    {
        _server.MakeReady(_allocation, 0);
        _allocation.Delete(Second);
        StunMessage refresh = _server.Take(_allocation, Second);
        Lifetime.Read(refresh, out uint lifetime);
        Assert.Equal((StunMethod.Refresh, 0u, true), (refresh.Method, lifetime, _server.Verifies(refresh)));
        _server.Succeed(_allocation, Second, lifetime: 0);
        Assert.Equal(AllocationStage.Deleted, _allocation.Stage);
    }

    [Fact]
    public void An_allocation_that_is_gone_already_is_deleted()
    {
        _server.MakeReady(_allocation, 0);
        _allocation.Delete(Second);
        _server.Take(_allocation, Second);
        _server.Refuse(_allocation, Second, StunErrorCode.AllocationMismatch, "Allocation Mismatch");
        Assert.Equal(AllocationStage.Deleted, _allocation.Stage);
    }

    [Fact]
    public void What_the_server_never_accepted_needs_no_deletion()
    {
        _allocation.Start(0);
        _allocation.Delete(0);
        Assert.Equal(AllocationStage.Deleted, _allocation.Stage);
    }

    [Fact]
    public void With_Send_framing_the_peer_gets_a_permission_which_is_renewed_in_time()
    {
        var allocation = new TurnAllocation(ScriptedServer.Credential, Peer, Channel) { Framing = Framing.Send };
        allocation.Start(0);
        _server.Take(allocation, 0);
        _server.Challenge(allocation, 0);
        _server.Take(allocation, 0);
        _server.Succeed(allocation, 0);
        StunMessage permission = _server.Take(allocation, 0);
        Assert.Equal(StunMethod.CreatePermission, permission.Method);
        XorPeerAddress.Read(permission, out TransportAddress peer);
        Assert.Equal(Peer, peer);
        Assert.False(permission.Has(StunAttributeType.ChannelNumber));
        _server.Succeed(allocation, 0);
        Assert.Equal(AllocationStage.Ready, allocation.Stage);

        Assert.True(allocation.TakeDue(199 * Second).IsEmpty);
        Assert.Equal(StunMethod.CreatePermission, _server.Take(allocation, 200 * Second).Method);
    }

    [Fact]
    public void Over_a_stream_nothing_is_sent_again_and_silence_is_waited_for_as_long()
    {
        var allocation = new TurnAllocation(ScriptedServer.Credential, Peer, Channel) { IsReliable = true };
        allocation.Start(0);
        _server.Take(allocation, 0);
        Assert.True(allocation.TakeDue(7_499_999_999).IsEmpty);
        Assert.Equal(AllocationStage.Allocating, allocation.Stage);
        Assert.True(allocation.TakeDue(7_500_000_000).IsEmpty);
        Assert.Equal("no answer to Allocate within 7.5 s", allocation.Failure);
        Assert.Equal(TurnAllocation.NoAnswer, allocation.FailureKind);
    }

    [Fact]
    public void An_allocation_whose_connection_is_lost_has_failed_and_leaves_nothing_to_delete()
    {
        _server.MakeReady(_allocation, 0);
        _allocation.Abort("the server closed the connection");
        Assert.Equal((AllocationStage.Failed, "the server closed the connection"), (_allocation.Stage, _allocation.Failure));
        _allocation.Delete(0);
        Assert.Equal(AllocationStage.Deleted, _allocation.Stage);
        Assert.True(_allocation.TakeDue(0).IsEmpty);
    }

    [Fact]
    public void A_connection_that_is_lost_while_its_allocation_is_deleted_has_deleted_it()
    {
        _server.MakeReady(_allocation, 0);
        _allocation.Delete(0);
        _allocation.Abort("the server closed the connection");
        Assert.Equal((AllocationStage.Deleted, false), (_allocation.Stage, _allocation.MayRemain));
        Assert.True(_allocation.TakeDue(Second).IsEmpty);
    }

    [Fact]
    public void An_allocation_may_remain_when_its_request_was_not_answered_or_its_peer_refused()
    {
        Assert.False(Failed(server => server.Refuse(_allocation, 0, StunErrorCode.AllocationQuotaReached, "")).MayRemain);
        Assert.True(Failed(server => Silence()).MayRemain);
        Assert.True(Failed(server =>
        {
            server.Succeed(_allocation, 0);
            server.Take(_allocation, 0);
            server.Refuse(_allocation, 0, StunErrorCode.Forbidden, "");
        }).MayRemain);
        Assert.False(Failed(server =>
        {
            server.Succeed(_allocation, 0);
            server.Take(_allocation, 0);
            server.Refuse(_allocation, 0, StunErrorCode.AllocationMismatch, ""); // it is gone
        }).MayRemain);
        Assert.False(Failed(server => _allocation.Abort("closed")).MayRemain);
    }

    [Fact]
    public void An_Allocate_without_a_credential_leaves_nothing()
    {
        _allocation.Start(0);
        Silence();
        Assert.Equal((AllocationStage.Failed, false), (_allocation.Stage, _allocation.MayRemain));
    }

    /// <summary>The allocation after its Allocate with the credential met its end.</summary>
    private TurnAllocation Failed(Action<ScriptedServer> end)
    {
        _allocation = new TurnAllocation(ScriptedServer.Credential, Peer, Channel);
        _allocation.Start(0);
        _server.Take(_allocation, 0);
        _server.Challenge(_allocation, 0);
        _server.Take(_allocation, 0);
        end(_server);
        Assert.Equal(AllocationStage.Failed, _allocation.Stage);
        return _allocation;
    }

    private void Silence()
    {
        for (int halfSeconds = 0; halfSeconds <= 15; halfSeconds++)
        {
            _allocation.TakeDue(halfSeconds * Second / 2);
        }
    }
}
