using System.Text;
using Turnpike.Protocol;

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

    /// <summary>Of a nonce (RFC 8656 section 5 wants at most an hour).</summary>
    public int Nonce { get; init; } = 3600;

    /// <summary>Of a reserved port (RFC 8656 section 7.2: at least 30).</summary>
    public int Reservation { get; init; } = 30;

    /// <summary>How far an allocation may outlive the credential that it was made with.</summary>
    public int CredentialGrace { get; init; } = 60;

    /// <summary>How long a request waits for an asynchronous answer.</summary>
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
/// Everything that the server is told from outside, as one immutable snapshot behind one reference: a change of policy is a new
/// snapshot, and no datagram sees half of it.
/// </summary>
public sealed class ServerPolicy
{
    /// <summary>The realm that clients authenticate to.</summary>
    public required string Realm
    {
        get;
        init
        {
            field = value;
            RealmBytes = Encoding.UTF8.GetBytes(value);
        }
    }

    /// <summary>Where long-term keys come from.</summary>
    public required ICredentialSource Credentials { get; init; }

    /// <summary>Keys of the nonces: the first signs, all verify.</summary>
    public required IReadOnlyList<NonceKey> NonceKeys { get; init; }

    /// <summary>Keys of mobility tickets (RFC 8016): the first seals, all open; none: no mobility, which is answered with 405.</summary>
    public IReadOnlyList<TicketKey> TicketKeys { get; init; } = [];

    /// <summary>Third-party authorisation (RFC 7635); null: ACCESS-TOKEN is not understood.</summary>
    public ThirdPartyPolicy? ThirdParty { get; init; }

    /// <summary>NAT behaviour discovery (RFC 5780); null: CHANGE-REQUEST is answered with 420.</summary>
    public NatDiscoveryPolicy? NatDiscovery { get; init; }

    /// <summary>Where new allocations are sent instead (300); by default nowhere.</summary>
    public IRedirectSource Redirect { get; init; } = NoRedirect.Instance;

    /// <summary>Which peers are reachable.</summary>
    public PeerPolicy Peers { get; init; } = PeerPolicy.Default;

    /// <summary>Lifetimes.</summary>
    public LifetimePolicy Lifetimes { get; init; } = new();

    /// <summary>Caps of one allocation.</summary>
    public AllocationLimits Limits { get; init; } = new();

    /// <summary>
    /// RFC 8489 features offered in the nonce cookie. A client that sees "username anonymity" sends USERHASH only, which cannot
    /// be resolved for TURN REST usernames: offer it only where all users are known by name. USERHASH is accepted in any case.
    /// </summary>
    public StunSecurityFeatures Features { get; init; } = StunSecurityFeatures.PasswordAlgorithms;

    /// <summary>Accept channel numbers 0x5000–0x7FFF, which RFC 5766 allowed and RFC 8656 section 12 reserves.</summary>
    public bool Rfc5766ChannelNumbers { get; init; }

    /// <summary>SOFTWARE of authenticated responses (RFC 8489 section 14.14); empty for none.</summary>
    public string Software
    {
        get;
        init
        {
            field = value;
            SoftwareBytes = Encoding.UTF8.GetBytes(value);
        }
    } = "";

    /// <summary>Ports that one user may have held back by EVEN-PORT at once; 0 = no limit.</summary>
    public int ReservationsPerUser { get; init; } = 32;

    /// <summary>Error responses a second to one unauthenticated source address over UDP, with twice that at once; 0 = no limit.</summary>
    public int UnauthenticatedResponsesPerSecond { get; init; } = 100;

    internal bool Mobility => TicketKeys.Count > 0;

    internal byte[] RealmBytes { get; private init; } = [];

    internal byte[] SoftwareBytes { get; private init; } = [];
}
