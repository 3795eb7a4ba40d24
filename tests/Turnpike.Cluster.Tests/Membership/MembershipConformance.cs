using Turnpike.Stores;

namespace Turnpike.Cluster.Tests;

public abstract class MembershipConformance(SharedStores stores, StoreKind kind) : StoreTest(stores, kind)
{
    private protected override ClusterOptions Configure(string redis, string prefix) =>
        new() { Redis = redis, KeyPrefix = prefix, Timeout = PatientTimeout, ConnectTimeout = PatientTimeout, MemberExpiry = 2 };

    [Fact]
    public async Task An_edge_that_falls_silent_vanishes_from_the_list_and_is_announced()
    {
        Membership membership = new(Store);
        HeartbeatReply? reply = null;
        await Stores.UntilAsync("both are members", async () =>
        {
            await membership.BeatAsync(Make.Edge("silent"), 0);
            reply = await membership.BeatAsync(Make.Edge("alive"), 0);
            return reply.Edges == 2;
        });
        long seen = reply!.Change;
        await Stores.UntilAsync("the silent edge is dropped", async () =>
        {
            reply = await membership.BeatAsync(Make.Edge("alive"), seen);
            return reply.Edges == 1;
        });
        Assert.Equal([Membership.Change], reply.Changed);
        Assert.Equal(["alive"], (await membership.ListAsync()).Select(edge => edge.Id));
    }

    [Fact]
    public async Task An_edge_that_leaves_is_gone_at_once()
    {
        Membership membership = new(Store);
        HeartbeatReply reply = await membership.BeatAsync(Make.Edge("a"), 0);
        await membership.LeaveAsync("a", inOrder: false);
        Assert.Empty(await membership.ListAsync());
        reply = await membership.WatchAsync(reply.Change);
        Assert.Equal([Membership.Change], reply.Changed);
        Assert.Equal(0, reply.Edges);
        Assert.Empty(await membership.ListLeftAsync());
    }

    [Fact]
    public async Task It_is_kept_of_an_edge_that_leaves_in_order_and_of_no_other()
    {
        Membership membership = new(Store);
        HeartbeatReply reply = await membership.BeatAsync(Make.Edge("a"), 0);
        await membership.BeatAsync(Make.Edge("b"), 0);
        await membership.LeaveAsync("a", inOrder: true);
        await membership.LeaveAsync("b", inOrder: false);
        await membership.LeaveAsync("stranger", inOrder: true);
        (string id, double at) = Assert.Single(await membership.ListLeftAsync());
        Assert.Equal("a", id);
        Assert.InRange(at, reply.StoreTime / 1000.0, (reply.StoreTime / 1000.0) + 60);
        TimeSpan? kept = await Store.QueryAsync(database => database.KeyTimeToLiveAsync(Store.Keys.EdgesLeft));
        Assert.InRange(kept!.Value, Membership.LeftKept - TimeSpan.FromMinutes(1), Membership.LeftKept);
    }

    [Fact]
    public async Task A_changed_load_is_kept_and_is_no_news_but_a_changed_state_is()
    {
        Membership membership = new(Store);
        EdgeRecord edge = Make.Edge("a");
        HeartbeatReply first = await membership.BeatAsync(edge, 0);
        Assert.Equal([Membership.Change], first.Changed);
        HeartbeatReply second = await membership.BeatAsync(edge with { Load = new EdgeLoad { Allocations = 7, ShardBusy = 0.5 } }, first.Change);
        Assert.Empty(second.Changed);
        EdgeRecord read = Assert.Single(await membership.ListAsync());
        Assert.Equal(7, read.Load.Allocations);
        Assert.Equal(edge.Urls, read.Urls);
        HeartbeatReply third = await membership.BeatAsync(edge with { State = "draining" }, second.Change);
        Assert.Equal([Membership.Change], third.Changed);
    }

    [Fact]
    public async Task A_heartbeat_tells_what_changed_since_and_nothing_twice()
    {
        Membership membership = new(Store);
        HeartbeatReply reply = await membership.BeatAsync(Make.Edge("a"), 0);
        await new RealmStore(Store).PutAsync(Make.Realm("acme", "k1"), null);
        await new UserStore(Store).PutAsync("acme", new StaticUserRecord("alice", [1], [2]));
        await new RevocationStore(Store).AddAsync(Make.Revocation("1", "alice"));
        HeartbeatReply next = await membership.BeatAsync(Make.Edge("a"), reply.Change);
        Assert.Equal(["realm:acme", "users:acme", "revocations"], next.Changed);
        Assert.Equal(reply.Epoch, next.Epoch);
        Assert.True(next.EpochAgeMilliseconds >= reply.EpochAgeMilliseconds);
        Assert.Empty((await membership.BeatAsync(Make.Edge("a"), next.Change)).Changed);
    }

    [Fact]
    public async Task Names_that_are_gone_for_good_become_one_that_stands_for_everything()
    {
        await Store.QueryAsync(database => database.SortedSetAddAsync(
            Store.Keys.Changes, [.. Enumerable.Range(1, 10_000).Select(i => new StackExchange.Redis.SortedSetEntry($"realm:old{i}", i))]));
        await Store.QueryAsync(database => database.StringSetAsync(Store.Keys.Change, 10_000));
        await new RealmStore(Store).PutAsync(Make.Realm("acme", "k1"), null);
        HeartbeatReply behind = await new Membership(Store).WatchAsync(500);
        Assert.Contains(HeartbeatReply.Everything, behind.Changed);
        HeartbeatReply current = await new Membership(Store).WatchAsync(9_999);
        Assert.Equal(["realm:old10000", "realm:acme"], current.Changed);
    }

    [Fact]
    public async Task Orders_are_read_with_each_heartbeat_until_they_are_gone()
    {
        Membership membership = new(Store);
        OrderBook orders = new(Store);
        HeartbeatReply reply = await membership.BeatAsync(Make.Edge("a"), 0);
        Assert.Empty(reply.Orders);
        await orders.DrainAsync("a", 1234);
        string id = await orders.EndAllocationsAsync("a", [long.MinValue, 1, long.MaxValue]);
        reply = await membership.BeatAsync(Make.Edge("a"), reply.Change);
        Assert.Equal([OrderBook.Change("a")], reply.Changed);
        Assert.Contains(new DrainOrder(1234), reply.Orders);
        EndAllocationsOrder end = Assert.Single(reply.Orders.OfType<EndAllocationsOrder>());
        Assert.Equal(id, end.Id);
        Assert.Equal([long.MinValue, 1, long.MaxValue], end.Allocations);
        Assert.Empty((await membership.BeatAsync(Make.Edge("b"), 0)).Orders);
        await orders.AcknowledgeAsync("a", id);
        Assert.Equal([new DrainOrder(1234)], await orders.ReadAsync("a"));
        await orders.UndrainAsync("a");
        Assert.Empty((await membership.BeatAsync(Make.Edge("a"), reply.Change)).Orders);
    }

    [Fact]
    public async Task Numbers_of_changes_rise_with_every_edit()
    {
        Membership membership = new(Store);
        RealmStore realms = new(Store);
        long last = 0;
        for (int i = 0; i < 20; i++)
        {
            await realms.PutAsync(Make.Realm("acme", $"k{i}"), null);
            long change = (await membership.WatchAsync(last)).Change;
            Assert.True(change > last);
            last = change;
        }
    }
}

public sealed class MembershipOnEmbedded(SharedStores stores) : MembershipConformance(stores, StoreKind.Embedded);

public sealed class MembershipOnRedis(SharedStores stores) : MembershipConformance(stores, StoreKind.Redis);

public sealed class MembershipOnSentinel(SharedStores stores) : MembershipConformance(stores, StoreKind.Sentinel);

public sealed class MembershipOnCluster(SharedStores stores) : MembershipConformance(stores, StoreKind.Cluster);
