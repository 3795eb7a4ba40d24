using Turnpike.Cluster;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Protocol;

namespace Turnpike.Edge.Tests.Cluster;

public sealed class OrderTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    [Fact]
    public async Task An_order_to_drain_is_obeyed_shown_and_taken_back()
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(test);
        RealmRecord a = await test.PutRealmAsync("a", new RealmPolicy(), [TestCluster.Secret("k1")], edge);
        using Caller alice = TestCluster.Issue(a, edge, "alice");
        using Caller bob = TestCluster.Issue(a, edge, "bob");
        Assert.Equal(0, alice.Allocate());
        OrderBook orders = new(test.Store);
        await orders.DrainAsync(edge.Cluster.Id, long.MaxValue);
        await Eventually.TrueAsync(() => edge.Relay.Relay.State == RelayState.Draining);
        await Eventually.TrueAsync(() => bob.Allocate() == 508);
        Assert.Equal(0, alice.Refresh());
        await Eventually.TrueAsync(async () => (await test.MemberAsync(edge))?.State == "draining");
        await Eventually.TrueAsync(async () => (await test.EventsAsync(ClusterKeys.AllRealms)).Any(entry => entry.Kind == EventKind.EdgeDraining));

        await orders.UndrainAsync(edge.Cluster.Id);
        await Eventually.TrueAsync(() => bob.Allocate() == 0);
        await Eventually.TrueAsync(async () => (await test.MemberAsync(edge))?.State == "ready");
    }

    [Fact]
    public async Task A_draining_edge_sends_new_clients_to_another_one_and_lets_no_allocation_think_that_it_outlives_the_drain()
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(test);
        await using ClusterEdge other = await ClusterEdge.StartAsync(test);
        RealmRecord a = await test.PutRealmAsync("a", new RealmPolicy(), [TestCluster.Secret("k1")], edge, other);
        using Caller alice = TestCluster.Issue(a, edge, "alice");
        Assert.Equal(0, alice.Allocate());
        OrderBook orders = new(test.Store);
        await orders.DrainAsync(edge.Cluster.Id, TestCluster.Now + 120);
        TransportAddress alternate = default;
        await Eventually.TrueAsync(() => Allocate() == StunErrorCode.TryAlternate);
        Assert.Equal(other.Relay.Port, alternate.Port);
        Assert.Equal(0, alice.Refresh());
        Assert.InRange(alice.Granted, 60u, 120u);

        // Nobody is sent to an edge that drains itself.
        await orders.DrainAsync(other.Cluster.Id, long.MaxValue);
        await Eventually.TrueAsync(() => Allocate() == StunErrorCode.InsufficientCapacity);
        await orders.UndrainAsync(edge.Cluster.Id);
        await Eventually.TrueAsync(() => Allocate() == 0);
        Assert.Equal(0, alice.Refresh());
        Assert.Equal(600u, alice.Granted);

        // Each time another client: one that was served before the order came has its allocation.
        int Allocate()
        {
            using Caller bob = TestCluster.Issue(a, edge, "bob");
            int code = bob.Allocate();
            alternate = bob.Alternate;
            return code;
        }
    }

    [Fact]
    public async Task An_order_that_is_taken_back_does_not_take_back_a_signal()
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(test);
        OrderBook orders = new(test.Store);
        await orders.DrainAsync(edge.Cluster.Id, long.MaxValue);
        await Eventually.TrueAsync(() => edge.Relay.Relay.State == RelayState.Draining);
        edge.Relay.Relay.BeginDrain();
        edge.Relay.Relay.DrainByOrder(false);
        Assert.Equal(RelayState.Draining, edge.Relay.Relay.State);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_edge_leaves_in_order_when_it_has_drained_and_not_when_it_just_ends(bool drains)
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(test);
        if (drains)
        {
            edge.Relay.Relay.BeginDrain();
        }
        await edge.StopAsync();
        Assert.Null(await test.MemberAsync(edge));
        Assert.Equal(drains ? [edge.Cluster.Id] : [], (await new Membership(test.Store).ListLeftAsync()).Keys);
    }

    [Fact]
    public async Task What_is_left_at_the_deadline_of_a_drain_ends()
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(test);
        RealmRecord a = await test.PutRealmAsync("a", new RealmPolicy(), [TestCluster.Secret("k1")], edge);
        using Caller alice = TestCluster.Issue(a, edge, "alice");
        Assert.Equal(0, alice.Allocate());
        await new OrderBook(test.Store).DrainAsync(edge.Cluster.Id, TestCluster.Now + 1);
        await Eventually.EqualAsync(0, () => edge.Relay.Relay.Allocations);
        await Eventually.TrueAsync(async () => (await test.EventsAsync("a")).Any(entry => entry is { Kind: EventKind.AllocationEnded, Reason: "terminated" }));
    }

    [Fact]
    public async Task A_drain_without_a_deadline_has_that_of_the_edge()
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(test, ("Edge:Drain:Deadline", "3"));
        RealmRecord a = await test.PutRealmAsync("a", new RealmPolicy(), [TestCluster.Secret("k1")], edge);
        using Caller alice = TestCluster.Issue(a, edge, "alice");
        Assert.Equal(0, alice.Allocate());
        long ordered = TestCluster.Now;
        await new OrderBook(test.Store).DrainAsync(edge.Cluster.Id, DrainOrder.EdgeDeadline);
        await Eventually.EqualAsync(0, () => edge.Relay.Relay.Allocations);
        Assert.InRange(TestCluster.Now, ordered + 2, long.MaxValue);
    }

    [Fact]
    public async Task An_order_to_end_allocations_ends_those_and_no_others_and_is_acknowledged()
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(test);
        RealmRecord a = await test.PutRealmAsync("a", new RealmPolicy(), [TestCluster.Secret("k1")], edge);
        using Caller alice = TestCluster.Issue(a, edge, "alice");
        using Caller bob = TestCluster.Issue(a, edge, "bob");
        Assert.Equal(0, alice.Allocate());
        long id = Assert.Single(edge.Cluster.Registry.All).Id;
        Assert.Equal(0, bob.Allocate());
        OrderBook orders = new(test.Store);
        await orders.EndAllocationsAsync(edge.Cluster.Id, [id, long.MaxValue, 12]);
        await Eventually.EqualAsync(1, () => edge.Relay.Relay.Allocations);
        Assert.Equal(437, alice.Refresh());
        Assert.Equal(0, bob.Refresh());
        await Eventually.TrueAsync(async () => (await orders.ReadAsync(edge.Cluster.Id)).Count == 0);
    }

    [Fact]
    public async Task An_edge_tells_where_it_is_what_it_can_do_and_what_it_does()
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(
            test,
            ("Edge:Name", "north"),
            ("Edge:Region", "eu"),
            ("Edge:Relay:Addresses:0", "127.0.0.1"),
            ("Edge:Relay:PublicAddresses:0", "192.0.2.7"),
            ("Edge:Relay:MinPort", "50000"),
            ("Edge:Relay:MaxPort", "50999"),
            ("Edge:Capacity:Allocations", "500"),
            ("Edge:Capacity:BitsPerSecond", "1000000000"));
        RealmRecord a = await test.PutRealmAsync("a", new RealmPolicy(), [TestCluster.Secret("k1")], edge);
        using Caller alice = TestCluster.Issue(a, edge, "alice");
        Assert.Equal(0, alice.Allocate());
        await Eventually.TrueAsync(async () => (await test.MemberAsync(edge))?.Load.Allocations == 1);
        EdgeRecord record = (await test.MemberAsync(edge))!;
        Assert.StartsWith("north-", record.Id, StringComparison.Ordinal);
        Assert.Equal(("north", "eu", "ready", 50_000, 50_999), (record.Name, record.Region, record.State, record.MinPort, record.MaxPort));
        Assert.Equal([.. edge.Relay.Relay.ListenerUrls], record.Urls);
        Assert.Equal("192.0.2.7", Assert.Single(record.RelayAddresses));
        Assert.Equal(new EdgeCapacity { Allocations = 500, RelayPorts = 1000, BitsPerSecond = 1_000_000_000 }, record.Capacity);
        Assert.Equal(1, record.Load.RelayPortsUsed);
        Assert.InRange(record.Load.ShardBusy, 0, 1);
        Assert.False(record.Degraded);
    }

    [Fact]
    public async Task The_relay_addresses_of_other_edges_are_peers_whatever_range_they_are_in()
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(test);
        RealmRecord a = await test.PutRealmAsync("a", new RealmPolicy(), [TestCluster.Secret("k1")], edge);
        using Caller alice = TestCluster.Issue(a, edge, "alice");
        Assert.Equal(0, alice.Allocate());
        TransportAddress peer = TransportAddress.From(System.Net.IPAddress.Parse("10.1.2.3"), 50_000);
        Assert.Equal(403, alice.Permit(peer));
        await new Membership(test.Store).BeatAsync(
            new EdgeRecord { Id = "south-1", Name = "south", RelayAddresses = ["10.1.2.3"], MinPort = 49_152, MaxPort = 65_535 }, 0);
        await Eventually.TrueAsync(() => alice.Permit(peer) == 0);
    }
}
