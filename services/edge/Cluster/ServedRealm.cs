using System.Diagnostics.CodeAnalysis;
using System.Net;
using Turnpike.Cluster;
using Turnpike.Edge.Options;
using Turnpike.Edge.Transport;
using Turnpike.Server;

namespace Turnpike.Edge.Cluster;

/// <summary>
/// A realm as this edge serves it: the cluster's record where it says something, the edge's own settings where it does not.
/// </summary>
internal sealed class ServedRealm
{
    private readonly EdgeSettings _settings;
    private readonly RealmPolicy _policy;
    private readonly PeerRules _peers;

    private ServedRealm(EdgeSettings settings, string name, RealmRecord? record, PeerRules peers)
    {
        _settings = settings;
        _policy = record?.Policy ?? new RealmPolicy();
        _peers = peers;
        Name = name;
        Record = record;
        Secrets = new SecretRing(
            name == settings.Realm ? settings.Secrets : [],
            record?.Secrets ?? [],
            // The REALM attribute is the edge's for all: what names the tenant is the credential.
            secrets => new RestCredentials(settings.Realm, secrets, settings.CredentialSeparator, settings.CredentialHmacSha256));
        Leases = new LeaseLimits(
            _policy.AllocationsPerUser ?? settings.Quota.AllocationsPerUser,
            _policy.AllocationsPerRealm ?? settings.Quota.AllocationsPerRealm,
            settings.Quota.Allocations);
    }

    public string Name { get; }

    /// <summary>The cluster's record; null where it has none, and the edge's settings alone count.</summary>
    public RealmRecord? Record { get; }

    /// <summary>What the record says; all of it null without one.</summary>
    public RealmPolicy Policy => _policy;

    public SecretRing Secrets { get; }

    /// <summary>Concurrent allocations.</summary>
    public LeaseLimits Leases { get; }

    /// <summary>Of one user over all of its allocations, each direction; 0 is no limit.</summary>
    public long BitsPerSecondPerUser => _policy.BitsPerSecondPerUser ?? _settings.Quota.BitsPerSecondPerUser;

    /// <summary>The longest that a TURN REST credential may reach into the future, in seconds; null is no limit.</summary>
    public int? MaxCredentialLifetime => _policy.MaxCredentialLifetime;

    /// <summary>The realm of the settings, before the cluster has said anything about it.</summary>
    public static ServedRealm Own(EdgeSettings settings) => new(settings, settings.Realm, null, settings.Peers);

    /// <summary>Reads a record.</summary>
    /// <param name="settings">What counts where the record says nothing.</param>
    /// <param name="record">The record.</param>
    /// <param name="realm">The realm, when the record can be served.</param>
    /// <param name="problem">What is wrong with the record, when it cannot.</param>
    public static bool TryRead(
        EdgeSettings settings, RealmRecord record, [NotNullWhen(true)] out ServedRealm? realm, [NotNullWhen(false)] out string? problem)
    {
        realm = null;
        RealmPolicy policy = record.Policy;
        if ((problem = record.Problem()) is not null
            || (problem = Networks(nameof(policy.PeersAllowPrivate), policy.PeersAllowPrivate, settings.Peers.AllowPrivate, out var opened)) is not null
            || (problem = Networks(nameof(policy.PeersAllow), policy.PeersAllow, settings.Peers.Allow, out var allowed)) is not null
            || (problem = Networks(nameof(policy.PeersDeny), policy.PeersDeny, settings.Peers.Deny, out var denied)) is not null)
        {
            return false;
        }

        realm = new ServedRealm(settings, record.Name, record, new PeerRules(opened, allowed, denied));
        return true;
    }

    /// <summary>What its allocations are held to.</summary>
    /// <param name="relayAddresses">Where this edge and the others relay.</param>
    /// <param name="places">Where the relay is.</param>
    public RealmRules Rules(RelayAddressMap relayAddresses, RelayPlaces places)
    {
        LifetimePolicy lifetimes = PolicyFactory.Lifetimes(_settings.Lifetimes);
        AllocationLimits limits = PolicyFactory.Limits(_settings.Quota);
        int lifetime = _policy.AllocationLifetime ?? lifetimes.Allocation;
        int longest = _policy.MaxAllocationLifetime ?? Math.Max(lifetime, lifetimes.MaxAllocation);
        return new RealmRules
        {
            Name = Name,
            Peers = PolicyFactory.Peers(
                _peers, relayAddresses, places, _policy.PeersDeny is null ? PeerRule.Configured : PeerRule.Tenant),
            Lifetimes = lifetimes with { Allocation = Math.Min(lifetime, longest), MaxAllocation = longest },
            Limits = limits with
            {
                Permissions = _policy.PermissionsPerAllocation ?? limits.Permissions,
                Channels = _policy.ChannelsPerAllocation ?? limits.Channels,
                NewPeersPerSecond = _policy.NewPeersPerSecondPerAllocation ?? limits.NewPeersPerSecond,
                PacketsPerSecond = _policy.PacketsPerSecondPerAllocation ?? limits.PacketsPerSecond,
                BitsPerSecond = _policy.BitsPerSecondPerAllocation ?? limits.BitsPerSecond,
            },
        };
    }

    private static string? Networks(
        string name, IReadOnlyList<string>? texts, IReadOnlyList<IPNetwork> own, out IReadOnlyList<IPNetwork> networks)
    {
        networks = own;
        if (texts is null)
        {
            return null;
        }

        List<IPNetwork> read = [];
        foreach (string text in texts)
        {
            if (!AddressText.TryParseNetwork(text, out IPNetwork network, out string? why))
            {
                return $"{name} has \"{text}\", {why ?? $"allowed: {PeerOptions.NetworkForm}"}";
            }

            read.Add(network);
        }

        networks = read;
        return null;
    }
}
