using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Turnpike.Cluster;
using Turnpike.Edge.Cluster;
using Turnpike.Edge.Options;
using Turnpike.Edge.Tests.Host;
using Turnpike.Edge.Transport;
using Turnpike.Protocol;
using Turnpike.Server;

namespace Turnpike.Edge.Tests.Cluster;

public sealed class ClusterPolicyTests
{
    private static readonly RelayPlaces Places = new([], 50_000, 51_000, [], null);

    private readonly EdgeSettings _settings = Reading.Good(("Edge:Protocol:Mobility", "true"));
    private readonly RealmTable _realms;
    private readonly PolicyKeys _keys = PolicyKeys.Create();
    private readonly FakeShard[] _shards = [new(), new()];
    private TransportAddress[] _servers = [];
    private readonly ClusterPolicy _policy;

    public ClusterPolicyTests()
    {
        _realms = new RealmTable(_settings, NullLogger.Instance);
        _policy = new ClusterPolicy(_settings, _realms, _keys, _ => new CredentialChain(), () => _servers);
        _policy.Serve(_shards);
        _policy.UsePlaces(Places);
    }

    [Fact]
    public void Nothing_new_is_nothing_to_do_for_the_shards()
    {
        _policy.Update(realmsChanged: false, [], _keys);
        _policy.Update(realmsChanged: false, [], new PolicyKeys([.. _keys.Nonce], [.. _keys.Ticket]));
        Assert.All(_shards, shard => Assert.Equal(0, shard.Count));
    }

    [Fact]
    public void Realms_that_changed_reach_every_shard_with_their_rules()
    {
        RealmRecord record = new() { Name = "a", Policy = new RealmPolicy { PermissionsPerAllocation = 3, MaxAllocationLifetime = 100 } };
        Assert.True(_realms.Update(RealmTableTests.Records(record)));
        _policy.Update(realmsChanged: true, [], _keys);
        Assert.All(_shards, shard => Assert.Equal(1, shard.Run()));
        ServerPolicy made = _policy.Of(0);
        RealmRules rules = made.RulesFor("a");
        Assert.Equal((3, 100, 100), (rules.Limits.Permissions, rules.Lifetimes.Allocation, rules.Lifetimes.MaxAllocation));
        Assert.Equal((128, 3600), (made.RulesFor("turnpike").Limits.Permissions, made.RulesFor("unknown").Lifetimes.MaxAllocation));
    }

    [Fact]
    public void Redis_is_always_denied_whatever_ranges_are_open()
    {
        RealmRecord record = new() { Name = "a", Policy = new RealmPolicy { PeersAllowPrivate = ["10.0.0.0/8"] } };
        _realms.Update(RealmTableTests.Records(record));
        TransportAddress redis = TransportAddress.From(IPAddress.Parse("10.0.0.7"), 6379);
        _policy.Update(realmsChanged: true, [], _keys);
        Assert.True(_policy.Of(0).RulesFor("a").Peers.Allows(redis));

        _servers = [redis];
        _policy.FollowServers();

        Assert.All(_shards, shard => Assert.Equal(2, shard.Run()));
        Assert.False(_policy.Of(0).RulesFor("a").Peers.Allows(redis));
        Assert.False(_policy.Of(0).RulesFor("a").Peers.Allows(TransportAddress.From(IPAddress.Parse("::ffff:10.0.0.7"), 6379)));
        Assert.True(_policy.Of(0).RulesFor("a").Peers.Allows(redis.WithPort(6380)));
    }

    [Fact]
    public void New_keys_reach_every_shard()
    {
        PolicyKeys next = PolicyKeys.Create(id: 9);
        _policy.Update(realmsChanged: false, [], next);
        Assert.All(_shards, shard => Assert.Equal(1, shard.Run()));
        Assert.Equal((9, 9), (_policy.Of(1).NonceKeys[0].Id, _policy.Of(1).TicketKeys[0].Id));
    }

    [Fact]
    public void The_fleets_relay_addresses_are_peers_of_every_realm_and_forgotten_with_their_edge()
    {
        _realms.Update(RealmTableTests.Records(new RealmRecord { Name = "a" }));
        EdgeRecord other = new() { Id = "other-1", Name = "other", RelayAddresses = ["10.0.0.7", "nonsense"], MinPort = 50_000, MaxPort = 51_000 };
        EdgeRecord own = other with { Id = "own-1", RelayAddresses = ["10.0.0.8"] };
        _policy.Update(realmsChanged: true, ClusterPolicy.FleetOf([own, other], "own-1"), _keys);
        TransportAddress inside = TransportAddress.From(System.Net.IPAddress.Parse("10.0.0.7"), 50_500);
        foreach (PeerPolicy peers in new[] { _policy.Of(0).Peers, _policy.Of(0).RulesFor("a").Peers })
        {
            Assert.True(peers.Allows(inside));
            Assert.False(peers.Allows(inside.WithPort(49_999)));
            Assert.False(peers.Allows(TransportAddress.From(System.Net.IPAddress.Parse("10.0.0.8"), 50_500)));
        }
        _policy.Update(realmsChanged: false, [], _keys);
        Assert.False(_policy.Of(0).Peers.Allows(inside));
    }

    [Fact]
    public void Names_may_be_hidden_only_where_no_realm_has_secrets()
    {
        EdgeSettings withoutSecrets = _settings with { Secrets = [] };
        RealmTable realms = new(withoutSecrets, NullLogger.Instance);
        ClusterPolicy policy = new(withoutSecrets, realms, _keys, _ => new CredentialChain(), () => []);
        policy.UsePlaces(Places);
        Assert.True(policy.Of(0).Features.HasFlag(StunSecurityFeatures.UsernameAnonymity));
        realms.Update(RealmTableTests.Records(new RealmRecord { Name = "a", Secrets = [TestCluster.Secret("k1")] }));
        policy.Update(realmsChanged: true, [], _keys);
        Assert.False(policy.Of(0).Features.HasFlag(StunSecurityFeatures.UsernameAnonymity));
    }
}
