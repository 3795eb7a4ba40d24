using System.Net;
using Turnpike.Cluster;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Protocol;

namespace Turnpike.Edge.Tests.Cluster;

public sealed class UsageCallTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    private static readonly TransportAddress Peer = TransportAddress.From(IPAddress.Loopback, 9);

    [Fact]
    public async Task What_an_allocation_relayed_is_in_the_books_and_its_life_in_the_log()
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(test);
        RealmRecord a = await test.PutRealmAsync("a", new RealmPolicy(), [TestCluster.Secret("k1")], edge);
        using Caller alice = TestCluster.Issue(a, edge, "alice", "web");
        Assert.Equal(0, alice.Allocate());
        Assert.Equal(0, alice.Permit(Peer));
        for (int i = 0; i < 5; i++)
        {
            alice.Send(Peer, new byte[200]);
        }
        await Eventually.EqualAsync(1000, () => edge.Cluster.Registry.All.Sum(allocation => allocation.Bytes.ToPeers));

        // While it lives.
        await Eventually.TrueAsync(async () => await BytesAsync(test, "a", UsageBy.Tag, "web") == 1000);
        alice.Send(Peer, new byte[500]);
        await Eventually.EqualAsync(1500, () => edge.Cluster.Registry.All.Sum(allocation => allocation.Bytes.ToPeers));
        Assert.Equal(0, alice.Refresh(lifetime: 0));
        await Eventually.TrueAsync(async () => await BytesAsync(test, "a", UsageBy.User, "alice") == 1500);
        Assert.Equal(1500, await BytesAsync(test, "a", UsageBy.Realm, null));

        await Eventually.TrueAsync(async () => (await test.EventsAsync("a")).Count >= 2);
        IReadOnlyList<ClusterEvent> events = await test.EventsAsync("a");
        Assert.Equal([EventKind.AllocationStarted, EventKind.AllocationEnded], events.Select(entry => entry.Kind));
        ClusterEvent ended = events[1];
        Assert.Equal(("alice", "web", edge.Cluster.Id, "deleted"), (ended.User, ended.Tag, ended.Edge, ended.Reason));
        Assert.Equal((1500, 6, 1), (ended.Totals!.Value.BytesToPeers, ended.Totals.Value.PacketsToPeers, ended.Totals.Value.Allocations));
        Assert.Equal(events[0].Allocation, ended.Allocation);
    }

    [Fact]
    public async Task An_edge_that_stops_tells_the_rest_gives_its_quota_back_and_leaves()
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge other = await ClusterEdge.StartAsync(test);
        ClusterEdge edge = await ClusterEdge.StartAsync(test, ("Cluster:UsageFlush", "60"));
        RealmRecord a = await test.PutRealmAsync("a", new RealmPolicy { AllocationsPerUser = 1 }, [TestCluster.Secret("k1")], edge, other);
        using Caller alice = TestCluster.Issue(a, edge, "alice");
        Assert.Equal(0, alice.Allocate());
        Assert.Equal(0, alice.Permit(Peer));
        alice.Send(Peer, new byte[321]);
        await Eventually.EqualAsync(321, () => edge.Cluster.Registry.All.Sum(allocation => allocation.Bytes.ToPeers));
        await edge.DisposeAsync();

        Assert.Equal(321, await BytesAsync(test, "a", UsageBy.User, "alice"));
        Assert.Equal("server_stopped", (await test.EventsAsync("a"))[^1].Reason);
        IReadOnlyList<EdgeRecord> members = await new Membership(test.Store).ListAsync();
        Assert.Equal(other.Cluster.Id, Assert.Single(members).Id);
        using Caller again = TestCluster.Issue(a, other, "alice");
        Assert.Equal(0, again.Allocate());
        IEnumerable<EventKind> own = (await test.EventsAsync(ClusterKeys.AllRealms))
            .Where(entry => entry.Edge == edge.Cluster.Id).Select(entry => entry.Kind);
        Assert.Equal([EventKind.EdgeJoined, EventKind.EdgeLeft], own);
    }

    [Theory]
    [InlineData(QuotaAction.End, true)]
    [InlineData(QuotaAction.RefuseNew, false)]
    public async Task Bytes_that_are_used_up_refuse_new_allocations_and_end_live_ones_where_that_is_asked_for(QuotaAction action, bool ends)
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(test);
        RealmPolicy policy = new() { BytesPerUser = new ByteQuota(1000, QuotaPeriod.Month, action) };
        RealmRecord a = await test.PutRealmAsync("a", policy, [TestCluster.Secret("k1")], edge);
        using Caller alice = TestCluster.Issue(a, edge, "alice");
        using Caller bob = TestCluster.Issue(a, edge, "bob");
        Assert.Equal(0, alice.Allocate());
        Assert.Equal(0, bob.Allocate());
        Assert.Equal(0, alice.Permit(Peer));
        for (int i = 0; i < 3; i++)
        {
            alice.Send(Peer, new byte[500]);
        }
        await Eventually.TrueAsync(() => edge.Cluster.Usage.IsBlocked("a", "alice"));
        await Eventually.EqualAsync(ends ? 1 : 2, () => edge.Relay.Relay.Allocations);
        using Caller again = TestCluster.Issue(a, edge, "alice");
        Assert.Equal(486, again.Allocate());
        Assert.Equal(0, bob.Refresh());
        Assert.Equal(ends ? 437 : 0, alice.Refresh());
        await Eventually.TrueAsync(async () => (await test.EventsAsync("a")).Any(
            entry => entry is { Kind: EventKind.QuotaReached, User: "alice", Reason: "bytes_per_user" }));
    }

    /// <summary>Bytes that the books have for today.</summary>
    internal static async Task<long> BytesAsync(TestCluster test, string realm, UsageBy by, string? name)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        IReadOnlyList<UsageRow> rows = await new UsageStore(test.Store).ReadAsync(
            realm, UsageBucket.Hour, now.AddHours(-2), now.AddHours(1), by, name);
        return rows.Sum(row => row.Amount.Bytes);
    }
}
