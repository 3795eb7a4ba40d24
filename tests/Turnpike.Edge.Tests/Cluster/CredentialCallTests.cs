using Turnpike.Cluster;
using Turnpike.Edge.Tests.Streams;

namespace Turnpike.Edge.Tests.Cluster;

/// <summary>Callers with credentials of a cluster, against real edges and a real store.</summary>
public sealed class CredentialCallTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    [Fact]
    public async Task An_allocation_by_an_issued_credential_counts_against_its_realm()
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge one = await ClusterEdge.StartAsync(test);
        await using ClusterEdge other = await ClusterEdge.StartAsync(test);
        RealmRecord a = await test.PutRealmAsync("a", new RealmPolicy { AllocationsPerRealm = 2 }, [TestCluster.Secret("k1")], one, other);
        RealmRecord b = await test.PutRealmAsync("b", new RealmPolicy { AllocationsPerUser = 1 }, [TestCluster.Secret("k1")], one, other);

        using Caller alice = TestCluster.Issue(a, one, "alice");
        using Caller bob = TestCluster.Issue(a, other, "bob");
        using Caller carol = TestCluster.Issue(a, other, "carol");
        Assert.Equal(0, alice.Allocate());
        Assert.Equal(0, bob.Allocate());
        Assert.Equal(486, carol.Allocate());

        using Caller ofB = TestCluster.Issue(b, other, "alice");
        using Caller ofBAgain = TestCluster.Issue(b, one, "alice");
        Assert.Equal(0, ofB.Allocate());
        Assert.Equal(486, ofBAgain.Allocate());

        Assert.Equal(0, alice.Refresh(lifetime: 0));
        await Eventually.TrueAsync(() => carol.Allocate() == 0);
        await Eventually.TrueAsync(async () => (await test.EventsAsync("a")).Any(
            entry => entry is { Kind: EventKind.QuotaReached, User: "carol", Reason: "allocations_per_realm" }));
    }

    [Fact]
    public async Task A_nonce_of_one_edge_is_accepted_by_another()
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge one = await ClusterEdge.StartAsync(test);
        await using ClusterEdge other = await ClusterEdge.StartAsync(test);
        RealmRecord a = await test.PutRealmAsync("a", new RealmPolicy(), [TestCluster.Secret("k1")], one, other);
        (string username, string password) = IssuedCredential.Issue(a, "alice", "", TimeSpan.FromHours(1), TestCluster.Now, ':');
        using TwoEdgeCaller caller = new(username, password, one.Relay.Port, other.Relay.Port);
        Assert.Equal(0, caller.AllocateAtBoth());
        Assert.Equal(0, caller.StaleNonces);
    }

    [Fact]
    public async Task A_secret_rotated_with_overlap_breaks_no_call_and_a_retired_one_no_longer_refreshes()
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(test);
        RealmSecret first = TestCluster.Secret("k1");
        RealmSecret second = TestCluster.Secret("k2") with { NotBefore = TestCluster.Now - 1 };
        RealmRecord before = await test.PutRealmAsync("a", new RealmPolicy(), [first], edge);
        using Caller old = TestCluster.Issue(before, edge, "alice");
        Assert.Equal(0, old.Allocate());

        RealmRecord both = await test.PutRealmAsync("a", new RealmPolicy(), [first, second], edge);
        using Caller young = TestCluster.Issue(both, edge, "bob");
        Assert.Equal(0, old.Refresh());
        Assert.Equal(0, young.Allocate());

        await test.PutRealmAsync("a", new RealmPolicy(), [second], edge);
        Assert.Equal(401, old.Refresh());
        Assert.Equal(0, young.Refresh());
    }

    [Fact]
    public async Task A_plain_credential_of_a_secret_that_is_gone_no_longer_refreshes_and_others_do()
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(test);
        RealmSecret first = TestCluster.Secret("k1");
        RealmSecret second = TestCluster.Secret("k2");
        await test.PutRealmAsync("turnpike", new RealmPolicy(), [first, second], edge);
        using Caller old = Plain(edge, first, "alice");
        using Caller young = Plain(edge, second, "bob");
        Assert.Equal(0, old.Allocate());
        Assert.Equal(0, young.Allocate());
        await test.PutRealmAsync("turnpike", new RealmPolicy(), [second], edge);
        Assert.Equal(401, old.Refresh());
        Assert.Equal(0, young.Refresh());
        Assert.Equal(0, young.Refresh());
    }

    [Fact]
    public async Task A_static_user_of_the_store_is_looked_up_and_one_that_is_changed_or_deleted_no_longer_refreshes()
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(test);
        UserStore users = new(test.Store);
        await users.PutAsync("turnpike", User("dave", "first"));
        await users.PutAsync("turnpike", User("erin", "first"));
        using Caller dave = new(edge, "dave", "first");
        using Caller erin = new(edge, "erin", "first");
        Assert.Equal(0, dave.Allocate());
        Assert.Equal(0, erin.Allocate());
        Assert.Equal(0, dave.Refresh());

        await users.PutAsync("turnpike", User("dave", "second"));
        await users.DeleteAsync("turnpike", "erin");
        await Eventually.TrueAsync(() => dave.Refresh() == 401);
        await Eventually.TrueAsync(() => erin.Refresh() == 401);
        using Caller changed = new(edge, "dave", "second");
        Assert.Equal(0, changed.Allocate());
    }

    [Fact]
    public async Task The_rules_of_a_realm_hold_for_its_own_clients_alone()
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(test);
        RealmPolicy strict = new() { PeersDeny = ["127.0.0.0/8"], AllocationLifetime = 61, MaxAllocationLifetime = 62 };
        RealmRecord a = await test.PutRealmAsync("a", strict, [TestCluster.Secret("k1")], edge);
        RealmRecord b = await test.PutRealmAsync("b", new RealmPolicy(), [TestCluster.Secret("k1")], edge);
        using Caller ofA = TestCluster.Issue(a, edge, "alice");
        using Caller ofB = TestCluster.Issue(b, edge, "alice");
        Assert.Equal(0, ofA.Allocate());
        Assert.Equal(0, ofB.Allocate());
        Turnpike.Protocol.TransportAddress peer = Turnpike.Protocol.TransportAddress.From(System.Net.IPAddress.Parse("127.0.0.9"), 9);
        Assert.Equal(403, ofA.Permit(peer));
        Assert.Equal(0, ofB.Permit(peer));

        // A policy that changes is put into force for allocations that live.
        await test.PutRealmAsync("a", new RealmPolicy(), [TestCluster.Secret("k1")], edge);
        await Eventually.TrueAsync(() => ofA.Permit(peer) == 0);
    }

    internal static Caller Plain(ClusterEdge edge, RealmSecret secret, string user)
    {
        string username = $"{TestCluster.Now + 3600}:{user}";
        return new Caller(edge, username, IssuedCredential.Password(secret.Value, System.Text.Encoding.UTF8.GetBytes(username)));
    }

    internal static StaticUserRecord User(string name, string password)
    {
        byte[] md5 = new byte[Turnpike.Protocol.LongTermKey.Md5Length];
        byte[] sha256 = new byte[Turnpike.Protocol.LongTermKey.Sha256Length];
        byte[] nameBytes = System.Text.Encoding.UTF8.GetBytes(name);
        byte[] passwordBytes = System.Text.Encoding.UTF8.GetBytes(password);
        Turnpike.Protocol.LongTermKey.Md5(nameBytes, "turnpike"u8, passwordBytes, md5);
        Turnpike.Protocol.LongTermKey.Sha256(nameBytes, "turnpike"u8, passwordBytes, sha256);
        return new StaticUserRecord(name, md5, sha256);
    }
}
