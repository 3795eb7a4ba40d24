using System.Collections.Frozen;
using Turnpike.Cluster;
using Turnpike.Edge.Options;
using Turnpike.Edge.Transport;
using Turnpike.Protocol;
using Turnpike.Server;

namespace Turnpike.Edge.Cluster;

/// <summary>
/// Makes the shards' policy of the settings and of what the cluster says, and hands it to them when something in it has changed: a
/// heartbeat that brings nothing new costs the shards nothing.
/// </summary>
/// <param name="settings">The edge's own settings.</param>
/// <param name="realms">The realms as they are now.</param>
/// <param name="keys">The keys to begin with.</param>
/// <param name="credentials">Where a shard asks for credentials.</param>
/// <param name="servers">Where the store is.</param>
/// <param name="redirect">Knows the other edges; null: those of the settings.</param>
internal sealed class ClusterPolicy(
    EdgeSettings settings,
    RealmTable realms,
    PolicyKeys keys,
    Func<int, ICredentialSource> credentials,
    Func<IReadOnlyList<TransportAddress>> servers,
    IRedirectSource? redirect = null)
{
    private readonly Lock _lock = new();
    private IReadOnlyList<IShardInbox> _shards = [];
    private IReadOnlyList<FleetRelayAddress> _fleet = [];
    private IReadOnlyList<TransportAddress> _servers = [];
    private PolicyKeys _keys = keys;
    private RelayPlaces? _places;
    private volatile Parts? _parts;

    /// <summary>Policies that the shards were given so far.</summary>
    public int Versions { get; private set; }

    public void Serve(IReadOnlyList<IShardInbox> shards) => _shards = shards;

    /// <summary>The policy of a shard as it is now.</summary>
    public ServerPolicy Of(int shard)
    {
        Parts parts = _parts ?? throw new InvalidOperationException("The places are not known yet.");
        return PolicyFactory.Create(settings, parts.Places, new PolicyParts
        {
            Credentials = credentials(shard),
            Keys = parts.Keys,
            Own = parts.Own,
            Realms = parts.Realms,
            HasRestCredentials = parts.HasSecrets,
            Redirect = redirect,
        });
    }

    public void UsePlaces(RelayPlaces places)
    {
        lock (_lock)
        {
            _places = places;
            _servers = servers();
            Build();
        }
    }

    /// <summary>Takes over what has changed, and tells the shards if anything has.</summary>
    /// <param name="realmsChanged">Whether the realms are others than last time.</param>
    /// <param name="fleet">Where the other edges relay.</param>
    /// <param name="keysNow">The keys, in the order of their use.</param>
    public void Update(bool realmsChanged, IReadOnlyList<FleetRelayAddress> fleet, PolicyKeys keysNow)
    {
        lock (_lock)
        {
            IReadOnlyList<TransportAddress> serversNow = servers();
            bool addressesChanged = !fleet.SequenceEqual(_fleet) || !serversNow.SequenceEqual(_servers);
            if (!realmsChanged && !addressesChanged && KeyBook.AreSame(keysNow, _keys))
            {
                return;
            }

            _fleet = fleet;
            _servers = serversNow;
            _keys = keysNow;
            if (_places is null)
            {
                return;
            }

            Build();
        }

        for (int i = 0; i < _shards.Count; i++)
        {
            int shard = i;

            // The policy is made when the shard takes it: of several changes the last one stands.
            _shards[i].Post(server => server.UpdatePolicy(Of(shard)));
        }
    }

    /// <summary>Takes over where the store is now, also while it cannot be reached.</summary>
    public void FollowServers() => Update(realmsChanged: false, _fleet, _keys);

    /// <summary>The relay addresses of the other edges; what does not parse is no address.</summary>
    public static IReadOnlyList<FleetRelayAddress> FleetOf(IReadOnlyList<EdgeRecord> edges, string ownId)
    {
        List<FleetRelayAddress> fleet = [];
        foreach (EdgeRecord edge in edges.Where(edge => edge.Id != ownId).OrderBy(edge => edge.Id, StringComparer.Ordinal))
        {
            foreach (string text in edge.RelayAddresses)
            {
                if (AddressText.TryParseAddress(text, out System.Net.IPAddress address)
                    && edge.MinPort is > 0 and <= ushort.MaxValue
                    && edge.MaxPort is > 0 and <= ushort.MaxValue)
                {
                    fleet.Add(new FleetRelayAddress(TransportAddress.From(address, 0), (ushort)edge.MinPort, (ushort)edge.MaxPort));
                }
            }
        }

        return fleet;
    }

    private void Build()
    {
        // The store is as little anybody's peer as the process itself.
        RelayPlaces places = _places! with { OwnAddresses = [.. _places!.OwnAddresses, .. _servers] };
        RelayAddressMap map = places.Map(_fleet);
        ServedRealm own = realms.Own;
        FrozenDictionary<string, RealmRules> others = realms.Realms.Values
            .Where(realm => !ReferenceEquals(realm, own))
            .ToFrozenDictionary(realm => realm.Name, realm => realm.Rules(map, places), StringComparer.Ordinal);
        _parts = new Parts(places, _keys, own.Rules(map, places), others, realms.HasSecrets);
        Versions++;
    }

    private sealed record Parts(
        RelayPlaces Places, PolicyKeys Keys, RealmRules Own, FrozenDictionary<string, RealmRules> Realms, bool HasSecrets);
}
