using System.Collections.Frozen;
using System.Net;
using Turnpike.Edge.Options;
using Turnpike.Protocol;
using Turnpike.Server;

namespace Turnpike.Edge.Transport;

/// <summary>The keys of nonces and mobility tickets, the one that makes new ones first.</summary>
internal sealed record PolicyKeys(IReadOnlyList<NonceKey> Nonce, IReadOnlyList<TicketKey> Ticket)
{
    /// <summary>Keys of this process alone.</summary>
    public static PolicyKeys Create(byte id = 1) => new([NonceKey.Create(id)], [TicketKey.Create(id)]);
}

/// <summary>What of a policy is not settled by the settings and the places alone.</summary>
internal sealed record PolicyParts
{
    public required ICredentialSource Credentials { get; init; }

    public required PolicyKeys Keys { get; init; }

    /// <summary>The rules of the edge's own realm.</summary>
    public required RealmRules Own { get; init; }

    /// <summary>The rules of the other realms.</summary>
    public FrozenDictionary<string, RealmRules> Realms { get; init; } = FrozenDictionary<string, RealmRules>.Empty;

    /// <summary>Knows other servers; null: those of the settings.</summary>
    public IRedirectSource? Redirect { get; init; }

    /// <summary>Whether anybody may come with a credential whose name alone says who it is.</summary>
    public required bool HasRestCredentials { get; init; }
}

/// <summary>Turns the settings into what the server is told.</summary>
internal static class PolicyFactory
{
    public static ServerPolicy Create(EdgeSettings settings, RelayPlaces places, PolicyParts parts) => new()
    {
        Realm = settings.Realm,
        Credentials = parts.Credentials,
        NonceKeys = parts.Keys.Nonce,
        TicketKeys = settings.Protocol.Mobility ? parts.Keys.Ticket : [],
        ThirdParty = settings.ThirdParty,
        NatDiscovery = places.NatDiscovery,
        Redirect = parts.Redirect ?? settings.Redirect,
        Peers = parts.Own.Peers,
        Lifetimes = parts.Own.Lifetimes,
        Limits = parts.Own.Limits,
        Realms = parts.Realms,
        // USERHASH alone names neither a TURN REST user nor a token's key, so clients are told to hide names only without those.
        Features = !parts.HasRestCredentials && settings.ThirdParty is null
            ? StunSecurityFeatures.PasswordAlgorithms | StunSecurityFeatures.UsernameAnonymity
            : StunSecurityFeatures.PasswordAlgorithms,
        Rfc5766ChannelNumbers = settings.Protocol.Rfc5766ChannelNumbers,
        Software = settings.Protocol.Software,
        ReservationsPerUser = settings.Quota.ReservationsPerUser,
        UnauthenticatedResponsesPerSecond = settings.Quota.UnauthenticatedResponsesPerSecond,
    };

    /// <summary>The rules that the settings alone make.</summary>
    public static RealmRules OwnRules(EdgeSettings settings, RelayPlaces places) => new()
    {
        Name = settings.Realm,
        Peers = Peers(settings.Peers, places.Map([]), places),
        Lifetimes = Lifetimes(settings.Lifetimes),
        Limits = Limits(settings.Quota),
    };

    /// <summary>The users of the settings.</summary>
    public static StaticUsers Users(EdgeSettings settings) => new(
        settings.Realm,
        settings.Users.Select(user => new Turnpike.Server.StaticUser(user.Username, user.Md5Key, user.Sha256Key)));

    public static PeerPolicy Peers(
        PeerRules rules, RelayAddressMap relayAddresses, RelayPlaces places, PeerRule denyRule = PeerRule.Configured) =>
        new(relayAddresses, places.OwnAddresses, Ranges(rules.AllowPrivate), Ranges(rules.Deny), Ranges(rules.Allow)) { DenyRule = denyRule };

    public static LifetimePolicy Lifetimes(LifetimeOptions options) => new()
    {
        Allocation = options.Allocation,
        MaxAllocation = options.MaxAllocation,
        Permission = options.Permission,
        Channel = options.Channel,
        Nonce = options.Nonce,
        Reservation = options.Reservation,
        CredentialGrace = options.CredentialGrace,
    };

    public static AllocationLimits Limits(QuotaOptions options) => new()
    {
        Permissions = options.PermissionsPerAllocation,
        Channels = options.ChannelsPerAllocation,
        PeerConnections = options.PeerConnectionsPerAllocation,
        NewPeersPerSecond = options.NewPeersPerSecondPerAllocation,
        PacketsPerSecond = options.PacketsPerSecondPerAllocation,
        BitsPerSecond = options.BitsPerSecondPerAllocation,
    };

    private static AddressRange[] Ranges(IReadOnlyList<IPNetwork> networks) =>
        [.. networks.Select(network => AddressRange.Parse(network.ToString()))];
}
