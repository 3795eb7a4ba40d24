using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Interop.Clients;

/// <summary>A success or error response, decoded once.</summary>
internal sealed class TurnResponse
{
    public TurnResponse(in StunMessage message)
    {
        Succeeded = message.Class == StunClass.SuccessResponse;
        Code = ErrorCode.Read(in message, out int code) == AttributeResult.Ok ? code : 0;
        Relayed = XorRelayedAddress.Read(in message, out var relayed) == AttributeResult.Ok ? relayed : default;
        Mapped = XorMappedAddress.Read(in message, out var mapped) == AttributeResult.Ok ? mapped : default;
        Realm = message.TryGet(StunAttributeType.Realm, out var realm) ? realm.ToArray() : [];
        Nonce = message.TryGet(StunAttributeType.Nonce, out var nonce) ? nonce.ToArray() : [];
    }

    public bool Succeeded { get; }

    /// <summary>The error code; 0 in a success response.</summary>
    public int Code { get; }

    public TransportAddress Relayed { get; }

    public TransportAddress Mapped { get; }

    public byte[] Realm { get; }

    public byte[] Nonce { get; }
}
