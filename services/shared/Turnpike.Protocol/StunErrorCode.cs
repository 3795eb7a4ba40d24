namespace Turnpike.Protocol;

/// <summary>
/// The error codes of RFC 8489 §14.8, RFC 8656 §19, RFC 6062 §6.3 and RFC 8016 §5, with their recommended reason phrases.
/// </summary>
public static class StunErrorCode
{
    /// <summary>300, RFC 8489 §14.8: the client should use the server named in ALTERNATE-SERVER.</summary>
    public const int TryAlternate = 300;

    /// <summary>400, RFC 8489 §14.8: the request was malformed.</summary>
    public const int BadRequest = 400;

    /// <summary>401, RFC 8489 §14.8: credentials are missing, unknown or wrong.</summary>
    public const int Unauthorized = 401;

    /// <summary>403, RFC 8656 §19: the peer or the use is forbidden by policy.</summary>
    public const int Forbidden = 403;

    /// <summary>405, RFC 8016 §5: mobility is asked for and switched off.</summary>
    public const int MobilityForbidden = 405;

    /// <summary>420, RFC 8489 §14.8: a comprehension-required attribute is unknown.</summary>
    public const int UnknownAttribute = 420;

    /// <summary>437, RFC 8656 §19: an allocation is missing, or exists already.</summary>
    public const int AllocationMismatch = 437;

    /// <summary>438, RFC 8489 §14.8: the nonce is expired or not ours.</summary>
    public const int StaleNonce = 438;

    /// <summary>440, RFC 8656 §19: the address family cannot be served.</summary>
    public const int AddressFamilyNotSupported = 440;

    /// <summary>441, RFC 8656 §19: the allocation belongs to another user.</summary>
    public const int WrongCredentials = 441;

    /// <summary>442, RFC 8656 §19: REQUESTED-TRANSPORT cannot be served.</summary>
    public const int UnsupportedTransportProtocol = 442;

    /// <summary>443, RFC 8656 §19: the peer is of another family than the allocation.</summary>
    public const int PeerAddressFamilyMismatch = 443;

    /// <summary>446, RFC 6062 §6.3: a connection to this peer exists.</summary>
    public const int ConnectionAlreadyExists = 446;

    /// <summary>447, RFC 6062 §6.3: the peer could not be connected to.</summary>
    public const int ConnectionTimeoutOrFailure = 447;

    /// <summary>486, RFC 8656 §19: no more allocations for this user.</summary>
    public const int AllocationQuotaReached = 486;

    /// <summary>500, RFC 8489 §14.8: a temporary error; try again.</summary>
    public const int ServerError = 500;

    /// <summary>508, RFC 8656 §19: no relayed transport address is to be had.</summary>
    public const int InsufficientCapacity = 508;

    /// <summary>
    /// The reason phrase that the RFC recommends for <paramref name="code"/>, in UTF-8; empty for a code not listed here.
    /// </summary>
    public static ReadOnlySpan<byte> ReasonPhrase(int code) => code switch
    {
        TryAlternate => "Try Alternate"u8,
        BadRequest => "Bad Request"u8,
        Unauthorized => "Unauthorized"u8,
        Forbidden => "Forbidden"u8,
        MobilityForbidden => "Mobility Forbidden"u8,
        UnknownAttribute => "Unknown Attribute"u8,
        AllocationMismatch => "Allocation Mismatch"u8,
        StaleNonce => "Stale Nonce"u8,
        AddressFamilyNotSupported => "Address Family not Supported"u8,
        WrongCredentials => "Wrong Credentials"u8,
        UnsupportedTransportProtocol => "Unsupported Transport Protocol"u8,
        PeerAddressFamilyMismatch => "Peer Address Family Mismatch"u8,
        ConnectionAlreadyExists => "Connection Already Exists"u8,
        ConnectionTimeoutOrFailure => "Connection Timeout or Failure"u8,
        AllocationQuotaReached => "Allocation Quota Reached"u8,
        ServerError => "Server Error"u8,
        InsufficientCapacity => "Insufficient Capacity"u8,
        _ => [],
    };
}
