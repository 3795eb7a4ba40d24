using System.Net;
using Turnpike.Edge.Options;
using Turnpike.Protocol;
using Turnpike.Server;

namespace Turnpike.Edge.Transport;

/// <summary>Turns the settings into what the server is told.</summary>
internal static class PolicyFactory
{
    public static ServerPolicy Create(
        EdgeSettings settings,
        (NonceKey Nonce, TicketKey Ticket) keys,
        RelayAddressMap relayAddresses,
        IReadOnlyList<TransportAddress> ownAddresses,
        NatDiscoveryPolicy? natDiscovery) => new()
        {
            Realm = settings.Realm,
            Credentials = Credentials(settings),
            NonceKeys = [keys.Nonce],
            TicketKeys = settings.Protocol.Mobility ? [keys.Ticket] : [],
            ThirdParty = settings.ThirdParty,
            NatDiscovery = natDiscovery,
            Redirect = settings.Redirect,
            Peers = new PeerPolicy(
                relayAddresses,
                ownAddresses,
                Ranges(settings.Peers.AllowPrivate),
                Ranges(settings.Peers.Deny),
                Ranges(settings.Peers.Allow)),
            Lifetimes = new LifetimePolicy
            {
                Allocation = settings.Lifetimes.Allocation,
                MaxAllocation = settings.Lifetimes.MaxAllocation,
                Permission = settings.Lifetimes.Permission,
                Channel = settings.Lifetimes.Channel,
                Nonce = settings.Lifetimes.Nonce,
                Reservation = settings.Lifetimes.Reservation,
                CredentialGrace = settings.Lifetimes.CredentialGrace,
            },
            Limits = new AllocationLimits
            {
                Permissions = settings.Quota.PermissionsPerAllocation,
                Channels = settings.Quota.ChannelsPerAllocation,
                PeerConnections = settings.Quota.PeerConnectionsPerAllocation,
                NewPeersPerSecond = settings.Quota.NewPeersPerSecondPerAllocation,
                PacketsPerSecond = settings.Quota.PacketsPerSecondPerAllocation,
                BitsPerSecond = settings.Quota.BitsPerSecondPerAllocation,
            },
            // USERHASH alone names neither a TURN REST user nor a token's key, so clients are told to hide names only without those.
            Features = settings.Secrets.Count == 0 && settings.ThirdParty is null
                ? StunSecurityFeatures.PasswordAlgorithms | StunSecurityFeatures.UsernameAnonymity
                : StunSecurityFeatures.PasswordAlgorithms,
            Rfc5766ChannelNumbers = settings.Protocol.Rfc5766ChannelNumbers,
            Software = settings.Protocol.Software,
            ReservationsPerUser = settings.Quota.ReservationsPerUser,
            UnauthenticatedResponsesPerSecond = settings.Quota.UnauthenticatedResponsesPerSecond,
        };

    private static CredentialChain Credentials(EdgeSettings settings) => new(
        new StaticUsers(settings.Realm, settings.Users.Select(user => new Turnpike.Server.StaticUser(user.Username, user.Md5Key, user.Sha256Key))),
        new RestCredentials(settings.Realm, settings.Secrets, settings.CredentialSeparator, settings.CredentialHmacSha256));

    private static AddressRange[] Ranges(IReadOnlyList<IPNetwork> networks) =>
        [.. networks.Select(network => AddressRange.Parse(network.ToString()))];
}
