using StackExchange.Redis;
using Turnpike.Stores;

namespace Turnpike.Cluster.Tests;

public abstract class ViewConformance(SharedStores stores, StoreKind kind) : StoreTest(stores, kind)
{
    [Fact]
    public async Task A_view_follows_the_heartbeats()
    {
        using Follower follower = new(Store);
        await follower.BeatAsync();
        Assert.True(follower.View.Current.Loaded);
        Assert.Equal(["a"], follower.View.Current.Edges.Select(edge => edge.Id));
        await new RealmStore(Store).PutAsync(Make.Realm("acme", "k1"), null);
        await new RealmStore(Store).PutAsync(Make.Realm("other", "k1"), null);
        await new RevocationStore(Store).AddAsync(Make.Revocation("1", "alice"));
        await new KeyStore(Store).EnsureAsync(null, 1000, 1000);
        await follower.BeatAsync();
        ClusterSnapshot snapshot = follower.View.Current;
        Assert.Equal(["acme", "other"], snapshot.Realms.Keys.Order(StringComparer.Ordinal));
        Assert.True(snapshot.Revocations.IsRevoked("acme", "x", "alice", "", null, 1));
        Assert.NotNull(snapshot.Keys);
        await new RealmStore(Store).DeleteAsync("acme");
        await new RevocationStore(Store).RemoveAsync("1");
        await follower.BeatAsync();
        Assert.Equal(["other"], follower.View.Current.Realms.Keys);
        Assert.Equal(0, follower.View.Current.Revocations.Count);
        Assert.Same(snapshot.Keys, follower.View.Current.Keys);
    }

    [Fact]
    public async Task A_heartbeat_without_news_reads_nothing_and_changes_nothing()
    {
        using Follower follower = new(Store);
        await new RealmStore(Store).PutAsync(Make.Realm("acme", "k1"), null);
        await follower.BeatAsync();
        ClusterSnapshot snapshot = follower.View.Current;
        long calls = Store.Statistics.Calls;
        await follower.BeatAsync();
        Assert.Same(snapshot, follower.View.Current);
        Assert.Equal(calls + 1, Store.Statistics.Calls);
    }

    [Fact]
    public async Task In_a_large_fleet_who_came_is_read_a_while_later_and_once()
    {
        using Follower follower = new(Store);
        await follower.BeatAsync();
        Membership membership = new(Store);
        await membership.BeatAsync(Make.Edge("b"), 0);
        HeartbeatReply reply = (await membership.WatchAsync(follower.View.Seen)) with { Edges = 3000 };
        long calls = Store.Statistics.Calls;
        await follower.View.OnHeartbeatAsync(reply);
        Assert.Equal(calls, Store.Statistics.Calls);
        Assert.Equal(["a"], follower.View.Current.Edges.Select(edge => edge.Id));

        // Nothing new since, but the wait is over.
        HeartbeatReply later = reply with { Changed = [], StoreTime = reply.StoreTime + (long)ClusterView.WaitOf(3000).TotalMilliseconds };
        await follower.View.OnHeartbeatAsync(later);
        await follower.View.OnHeartbeatAsync(later);
        Assert.Equal(["a", "b"], follower.View.Current.Edges.Select(edge => edge.Id).Order(StringComparer.Ordinal));
        Assert.Equal(calls + 1, Store.Statistics.Calls);
    }

    [Fact]
    public async Task In_a_large_fleet_who_came_is_read_at_once_where_it_is_needed()
    {
        using Follower follower = new(Store);
        await follower.BeatAsync();
        Membership membership = new(Store);
        await membership.BeatAsync(Make.Edge("b"), 0);
        HeartbeatReply reply = (await membership.WatchAsync(follower.View.Seen)) with { Edges = 3000 };
        await follower.View.OnHeartbeatAsync(reply, edgesAtOnce: true);
        Assert.Equal(["a", "b"], follower.View.Current.Edges.Select(edge => edge.Id).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(79, 0)]
    [InlineData(80, 0.256)]
    [InlineData(100, 0.4)]
    [InlineData(1000, 40)]
    [InlineData(100_000, 300)]
    public void The_larger_the_fleet_the_longer_its_list_may_wait(int edges, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), ClusterView.WaitOf(edges));

    [Fact]
    public async Task After_the_store_was_lost_everything_is_read_again_and_what_it_forgot_stays_known()
    {
        using Follower follower = new(Store);
        RealmStore realms = new(Store);
        RevocationStore revocations = new(Store);
        await realms.PutAsync(Make.Realm("acme", "k1"), null);
        await realms.PutAsync(Make.Realm("doomed", "k1"), null);
        await realms.PutAsync(Make.Realm("rewritten", "k1"), null);
        await revocations.AddAsync(Make.Revocation("1", "alice"));
        await revocations.AddAsync(Make.Revocation("2", "bob"));
        ClusterKeyRing ring = await new KeyStore(Store).EnsureAsync(null, 1000, 1000);
        await follower.BeatAsync();
        string epoch = follower.View.Current.Epoch;

        await LoseAsync();
        await realms.PutAsync(Make.Realm("rewritten", "k2"), null);
        await follower.BeatAsync();
        ClusterSnapshot snapshot = follower.View.Current;
        Assert.NotEqual(epoch, snapshot.Epoch);
        Assert.Equal(["acme", "doomed", "rewritten"], snapshot.Realms.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("k2", snapshot.Realms["rewritten"].Secrets.Single().Id);
        Assert.True(snapshot.Revocations.IsRevoked("acme", "x", "alice", "", null, 1));
        Assert.Equal(ring.Nonce[0].Id, snapshot.Keys!.Nonce[0].Id);
        Assert.Equal(1, follower.Log.Count(2010));

        // Deleted on purpose, although the store does not know them any more.
        await realms.DeleteAsync("doomed");
        await revocations.RemoveAsync("1");
        await follower.BeatAsync();
        snapshot = follower.View.Current;
        Assert.Equal(["acme", "rewritten"], snapshot.Realms.Keys.Order(StringComparer.Ordinal));
        Assert.False(snapshot.Revocations.IsRevoked("acme", "x", "alice", "", null, 1));
        Assert.True(snapshot.Revocations.IsRevoked("acme", "x", "bob", "", null, 1));

        // And lost once more.
        await LoseAsync();
        await follower.BeatAsync();
        Assert.Equal(["acme", "rewritten"], follower.View.Current.Realms.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_store_that_went_back_to_an_older_state_is_read_anew()
    {
        using Follower follower = new(Store);
        RealmStore realms = new(Store);
        await realms.PutAsync(Make.Realm("acme", "k1"), null);
        await follower.BeatAsync();
        RedisValue before = await Store.QueryAsync(database => database.StringGetAsync(Store.Keys.Change));
        RedisValue realm = await Store.QueryAsync(database => database.HashGetAsync(Store.Keys.Realms, "acme"));
        await realms.PutAsync(Make.Realm("acme", "k2"), null);
        await follower.BeatAsync();
        Assert.Equal("k2", follower.View.Current.Realms["acme"].Secrets.Single().Id);
        // What a failover to a replica that lagged behind looks like.
        await Store.QueryAsync(database => database.StringSetAsync(Store.Keys.Change, before));
        await Store.QueryAsync(database => database.HashSetAsync(Store.Keys.Realms, "acme", realm));
        await follower.BeatAsync();
        Assert.Equal("k1", follower.View.Current.Realms["acme"].Secrets.Single().Id);
    }

    [Fact]
    public async Task An_answer_that_comes_late_loses_nothing()
    {
        using Follower follower = new(Store);
        await follower.BeatAsync();
        HeartbeatReply late = await new Membership(Store).WatchAsync(follower.View.Seen);
        await new RealmStore(Store).PutAsync(Make.Realm("acme", "k1"), null);
        await follower.BeatAsync();
        await follower.View.OnHeartbeatAsync(late);
        Assert.True(follower.View.Current.Realms.ContainsKey("acme"));
        Assert.Equal(0, follower.Log.Count(2010));
    }

    [Fact]
    public async Task Many_edits_at_once_from_many_processes_end_in_the_same_view_everywhere()
    {
        ClusterStore other = await OpenAsync();
        using Follower one = new(Store);
        using Follower two = new(other, "b");
        Task edits = Task.WhenAll(Enumerable.Range(0, 60).Select<int, Task>(i => i % 3 == 0
            ? new RealmStore(Store).DeleteAsync($"realm{i % 7}")
            : new RealmStore(other).PutAsync(Make.Realm($"realm{i % 7}", $"k{i}"), null)));
        while (!edits.IsCompleted)
        {
            await one.BeatAsync();
            await two.BeatAsync();
        }
        await edits;
        await one.BeatAsync();
        await two.BeatAsync();
        (string Name, long Version)[] expected = [.. (await new RealmStore(Store).ListAsync()).Select(realm => (realm.Name, realm.Version))];
        Assert.Equal(expected, one.Realms);
        Assert.Equal(expected, two.Realms);
    }

    private async Task LoseAsync()
    {
        ClusterKeys keys = Store.Keys;
        await Store.QueryAsync(database => database.KeyDeleteAsync(
            [keys.Realms, keys.Revocations, keys.ClusterKeyRing, keys.Edges, keys.EdgeExpiry, keys.EdgeShapes, keys.Changes, keys.Change, keys.Epoch]));
    }

    private sealed class Follower(ClusterStore store, string edge = "a") : IDisposable
    {
        private readonly Membership _membership = new(store);

        public RecordingLogger Log { get; } = new();

        public ClusterView View => field ??= new ClusterView(store, Log);

        public IEnumerable<(string Name, long Version)> Realms =>
            View.Current.Realms.Values.Select(realm => (realm.Name, realm.Version)).OrderBy(realm => realm.Name, StringComparer.Ordinal);

        public async Task BeatAsync() => await View.OnHeartbeatAsync(await _membership.BeatAsync(Make.Edge(edge), View.Seen));

        public void Dispose() => View.Dispose();
    }
}

public sealed class ViewOnEmbedded(SharedStores stores) : ViewConformance(stores, StoreKind.Embedded);

public sealed class ViewOnRedis(SharedStores stores) : ViewConformance(stores, StoreKind.Redis);

public sealed class ViewOnSentinel(SharedStores stores) : ViewConformance(stores, StoreKind.Sentinel);

public sealed class ViewOnCluster(SharedStores stores) : ViewConformance(stores, StoreKind.Cluster);
