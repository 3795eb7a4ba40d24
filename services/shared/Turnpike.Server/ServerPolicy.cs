using System.Collections.Frozen;
using System.Text;
using Turnpike.Protocol;

namespace Turnpike.Server;

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

    /// <summary>Realms with rules of their own, by name; the others, and by default all, have the three that follow.</summary>
    public FrozenDictionary<string, RealmRules> Realms { get; init; } = FrozenDictionary<string, RealmRules>.Empty;

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

    /// <summary>The rules of a realm.</summary>
    /// <param name="realm">Its name (<see cref="Credential.Realm"/>); null is <see cref="Realm"/>.</param>
    public RealmRules RulesFor(string? realm) =>
        Realms.Count > 0 && Realms.TryGetValue(realm ?? Realm, out RealmRules? rules) ? rules : OwnRules;

    internal bool Mobility => TicketKeys.Count > 0;

    internal byte[] RealmBytes { get; private init; } = [];

    internal byte[] SoftwareBytes { get; private init; } = [];

    /// <summary>The rules of realms that have none of their own. Whichever shard asks first makes them.</summary>
    private RealmRules OwnRules => field ?? Interlocked.CompareExchange(
        ref field,
        new RealmRules { Name = Realm, Peers = Peers, Lifetimes = Lifetimes, Limits = Limits },
        null) ?? field;
}
