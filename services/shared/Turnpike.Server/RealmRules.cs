namespace Turnpike.Server;

/// <summary>Lifetimes, in seconds.</summary>
public sealed record LifetimePolicy
{
    /// <summary>Of an allocation when the client asks for less or for nothing (RFC 8656 section 7.2 recommends 600).</summary>
    public int Allocation { get; init; } = 600;

    /// <summary>The most that an allocation is granted at once (RFC 8656 section 7.2 recommends 3600).</summary>
    public int MaxAllocation { get; init; } = 3600;

    /// <summary>Of a permission (RFC 8656 section 9: 300).</summary>
    public int Permission { get; init; } = 300;

    /// <summary>Of a channel binding (RFC 8656 section 12: 600).</summary>
    public int Channel { get; init; } = 600;

    /// <summary>After a binding's end, before its number or peer may be bound to another (RFC 8656 section 12: 300).</summary>
    public int ChannelCooldown { get; init; } = 300;

    /// <summary>Of a nonce (RFC 8656 section 5 wants at most an hour). Of the server: a nonce is given before a realm is known.</summary>
    public int Nonce { get; init; } = 3600;

    /// <summary>Of a reserved port (RFC 8656 section 7.2: at least 30).</summary>
    public int Reservation { get; init; } = 30;

    /// <summary>How far an allocation may outlive the credential that it was made with.</summary>
    public int CredentialGrace { get; init; } = 60;

    /// <summary>How long a request waits for an asynchronous answer. Of the server, as the nonce's is.</summary>
    public int ParkedRequest { get; init; } = 3;
}

/// <summary>What one allocation may use; 0 means no limit, except where noted.</summary>
public sealed record AllocationLimits
{
    /// <summary>Permissions at once; at least 1.</summary>
    public int Permissions { get; init; } = 128;

    /// <summary>Channel bindings at once, with those in their cool-down; at least 1.</summary>
    public int Channels { get; init; } = 128;

    /// <summary>TCP connections with peers at once, of an allocation that relays TCP; at least 1.</summary>
    public int PeerConnections { get; init; } = 16;

    /// <summary>Peer addresses that a client may newly name in a second.</summary>
    public int NewPeersPerSecond { get; init; } = 64;

    /// <summary>Relayed datagrams a second, each direction.</summary>
    public long PacketsPerSecond { get; init; }

    /// <summary>Relayed payload bits a second, each direction.</summary>
    public long BitsPerSecond { get; init; }
}

/// <summary>
/// What the allocations of one realm (tenant) are held to, where that differs from the server's own. The peer policy is made for the
/// same relay addresses and listeners as the server's, of which there is one set only.
/// </summary>
public sealed record RealmRules
{
    /// <summary>The realm, as <see cref="Credential.Realm"/> names it.</summary>
    public required string Name { get; init; }

    /// <summary>Which peers are reachable.</summary>
    public PeerPolicy Peers { get; init; } = PeerPolicy.Default;

    /// <summary>Lifetimes.</summary>
    public LifetimePolicy Lifetimes { get; init; } = new();

    /// <summary>Caps of one allocation. Changed rates hold for live allocations too; changed counts for what is asked for from then on.</summary>
    public AllocationLimits Limits { get; init; } = new();
}
