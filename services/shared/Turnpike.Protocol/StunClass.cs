namespace Turnpike.Protocol;

/// <summary>The class of a STUN message (RFC 8489 §5): the two C bits of the message type.</summary>
public enum StunClass : byte
{
    /// <summary>A request: answered by a success or an error response with the same transaction ID.</summary>
    Request = 0,

    /// <summary>An indication: never answered.</summary>
    Indication = 1,

    /// <summary>A success response.</summary>
    SuccessResponse = 2,

    /// <summary>An error response; carries ERROR-CODE.</summary>
    ErrorResponse = 3,
}
