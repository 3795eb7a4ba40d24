using System.Collections.Frozen;
using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>What a test wants of the policy; the rest is as the product has it, with SOFTWARE set so that its absence shows.</summary>
internal sealed record PolicyChoice
{
    public static readonly NonceKey DefaultNonceKey = NonceKey.Create(7);

    public string Realm { get; init; } = Users.Realm;

    public ICredentialSource Credentials { get; init; } = Users.Default;

    public IReadOnlyList<NonceKey> NonceKeys { get; init; } = [DefaultNonceKey];

    public IReadOnlyList<TicketKey> TicketKeys { get; init; } = [];

    public ThirdPartyPolicy? ThirdParty { get; init; }

    public NatDiscoveryPolicy? NatDiscovery { get; init; }

    public IRedirectSource Redirect { get; init; } = NoRedirect.Instance;

    /// <summary>Realms with rules of their own.</summary>
    public IReadOnlyList<RealmRules> Realms { get; init; } = [];

    public PeerPolicy Peers { get; init; } = PeerPolicy.Default;

    public LifetimePolicy Lifetimes { get; init; } = new();

    public AllocationLimits Limits { get; init; } = new();

    public StunSecurityFeatures Features { get; init; } = StunSecurityFeatures.PasswordAlgorithms;

    public bool Rfc5766ChannelNumbers { get; init; }

    public string Software { get; init; } = "Turnpike test";

    public int ReservationsPerUser { get; init; } = 32;

    public int UnauthenticatedResponsesPerSecond { get; init; } = 100;

    public ServerPolicy Build() => new()
    {
        Realm = Realm,
        Credentials = Credentials,
        NonceKeys = NonceKeys,
        TicketKeys = TicketKeys,
        ThirdParty = ThirdParty,
        NatDiscovery = NatDiscovery,
        Redirect = Redirect,
        Realms = Realms.ToFrozenDictionary(rules => rules.Name, StringComparer.Ordinal),
        Peers = Peers,
        Lifetimes = Lifetimes,
        Limits = Limits,
        Features = Features,
        Rfc5766ChannelNumbers = Rfc5766ChannelNumbers,
        Software = Software,
        ReservationsPerUser = ReservationsPerUser,
        UnauthenticatedResponsesPerSecond = UnauthenticatedResponsesPerSecond,
    };

    /// <summary>The same with other rules for one realm, or with a realm more.</summary>
    public PolicyChoice With(RealmRules rules) => this with { Realms = [.. Realms.Where(other => other.Name != rules.Name), rules] };

    /// <summary>A peer policy from CIDR texts.</summary>
    public static PeerPolicy PeerRules(
        string[]? allowPrivate = null,
        string[]? deny = null,
        string[]? allow = null,
        TransportAddress[]? own = null,
        RelayAddressMap? relays = null) => new(
            relays ?? RelayAddressMap.Empty, own ?? [], Ranges(allowPrivate), Ranges(deny), Ranges(allow));

    private static AddressRange[] Ranges(string[]? texts) => Array.ConvertAll(texts ?? [], AddressRange.Parse);
}
