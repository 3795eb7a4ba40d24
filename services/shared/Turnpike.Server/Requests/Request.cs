using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>The integrity attribute that a request carries, and that its response therefore carries too.</summary>
internal enum IntegrityKind : byte
{
    None,
    Sha1,
    Sha256,
}

/// <summary>One request on its way through the server: what came in, and what has been found out about it.</summary>
internal ref struct Request
{
    public readonly ref readonly FiveTuple FiveTuple;
    public readonly StunMessage Message;
    public readonly ServerPolicy Policy;
    public readonly long Now;

    public Request(ref readonly FiveTuple fiveTuple, scoped in StunMessage message, ServerPolicy policy, long now)
    {
        FiveTuple = ref fiveTuple;
        Message = message;
        Policy = policy;
        Now = now;
    }

    /// <summary>Whether the request carried FINGERPRINT: the response then does too (RFC 8489 section 6.3.1.1).</summary>
    public bool HasFingerprint { get; set; }

    /// <summary>The allocation of the 5-tuple, if there is one.</summary>
    public Allocation? Allocation { get; set; }

    /// <summary>Who sent it; set once the integrity check has passed.</summary>
    public Credential? Credential { get; set; }

    /// <summary>What the sender's realm is held to; set with <see cref="Credential"/>.</summary>
    public RealmRules Rules { get; set; } = null!;

    /// <summary>The key that verified it.</summary>
    public LongTermCredentialKey? Key { get; set; }

    /// <summary>The integrity attribute of the request.</summary>
    public IntegrityKind Integrity { get; set; }

    /// <summary>The parked form of this request, when it is being continued.</summary>
    public ParkedRequest? Parked { get; set; }

    /// <summary>Names the request to asynchronous answers.</summary>
    public long Ticket { get; set; }

    /// <summary>True once the sender has proved who it is.</summary>
    public readonly bool IsAuthenticated => Key is not null;
}
