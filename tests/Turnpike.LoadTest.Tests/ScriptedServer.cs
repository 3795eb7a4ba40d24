using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.LoadTest.Tests;

/// <summary>Answers an allocation's requests as a test says, with the integrity key of user and password.</summary>
internal sealed class ScriptedServer
{
    public static readonly TransportAddress Relayed = TransportAddress.IPv4(0x7f000001, 50_000);

    private readonly byte[] _key = new byte[LongTermKey.Md5Length];
    private byte[] _request = [];

    public ScriptedServer() => LongTermKey.Md5("alice"u8, "example.org"u8, "secret"u8, _key);

    public static TurnCredential Credential { get; } = new("alice", "secret");

    /// <summary>Takes the request that is due, or fails the test.</summary>
    public StunMessage Take(TurnAllocation allocation, long now)
    {
        _request = allocation.TakeDue(now).ToArray();
        Assert.Equal(StunParseResult.Ok, StunMessage.TryParse(_request, out StunMessage message));
        return message;
    }

    public bool Verifies(in StunMessage request) => MessageIntegrity.Verify(request, _key);

    public void Challenge(TurnAllocation allocation, long now, int code = StunErrorCode.Unauthorized, string nonce = "first")
    {
        StunMessageWriter writer = Begin(StunClass.ErrorResponse, stackalloc byte[512]);
        ErrorCode.Write(ref writer, code, "Again"u8);
        Realm.Write(ref writer, "example.org"u8);
        Nonce.Write(ref writer, System.Text.Encoding.ASCII.GetBytes(nonce));
        Deliver(allocation, ref writer, now);
    }

    public void Refuse(TurnAllocation allocation, long now, int code, string reason)
    {
        StunMessageWriter writer = Begin(StunClass.ErrorResponse, stackalloc byte[512]);
        ErrorCode.Write(ref writer, code, System.Text.Encoding.UTF8.GetBytes(reason));
        Deliver(allocation, ref writer, now);
    }

    /// <summary>300, as a server says it that has or has not verified the request.</summary>
    public void Redirect(TurnAllocation allocation, long now, TransportAddress? alternate, bool isSigned)
    {
        StunMessageWriter writer = Begin(StunClass.ErrorResponse, stackalloc byte[512]);
        ErrorCode.Write(ref writer, StunErrorCode.TryAlternate, "Try Alternate"u8);
        if (alternate is { } server)
        {
            AlternateServer.Write(ref writer, server);
        }

        if (isSigned)
        {
            MessageIntegrity.Write(ref writer, _key);
        }

        Deliver(allocation, ref writer, now);
    }

    public void Succeed(TurnAllocation allocation, long now, uint lifetime = 600, bool tamper = false)
    {
        StunMessageWriter writer = Begin(StunClass.SuccessResponse, stackalloc byte[512]);
        XorRelayedAddress.Write(ref writer, Relayed);
        Lifetime.Write(ref writer, lifetime);
        MessageIntegrity.Write(ref writer, tamper ? new byte[16] : _key);
        Deliver(allocation, ref writer, now);
    }

    /// <summary>Goes through the whole exchange until the allocation has its channel.</summary>
    public void MakeReady(TurnAllocation allocation, long now)
    {
        allocation.Start(now);
        Take(allocation, now);
        Challenge(allocation, now);
        Take(allocation, now);
        Succeed(allocation, now);
        Take(allocation, now);
        Succeed(allocation, now);
        Assert.Equal(AllocationStage.Ready, allocation.Stage);
    }

    private StunMessageWriter Begin(StunClass @class, Span<byte> buffer)
    {
        StunMessage.TryParse(_request, out StunMessage request);
        return new StunMessageWriter(buffer, @class, request.Method, request.TransactionId);
    }

    private static void Deliver(TurnAllocation allocation, ref StunMessageWriter writer, long now)
    {
        Assert.Equal(StunParseResult.Ok, StunMessage.TryParse(writer.Finish(), out StunMessage response));
        allocation.OnMessage(response, now);
    }
}
