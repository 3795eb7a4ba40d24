using Turnpike.Cluster;
using Turnpike.Edge.Cluster;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Stores;

namespace Turnpike.Edge.Tests.Cluster;

/// <summary>The store ends, hangs or comes back empty; callers go on.</summary>
public sealed class StoreAwayTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_the_store_what_is_known_goes_on_and_what_is_not_known_is_an_error_of_the_server(bool hangs)
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using TestCluster test = await TestCluster.OpenAsync(redis);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(test);
        RealmRecord a = await test.PutRealmAsync("a", new RealmPolicy(), [TestCluster.Secret("k1")], edge);
        UserStore users = new(test.Store);
        await users.PutAsync("turnpike", CredentialCallTests.User("dave", "first"));
        using Caller dave = new(edge, "dave", "first");
        using Caller alice = TestCluster.Issue(a, edge, "alice");
        Assert.Equal(0, dave.Allocate());
        Assert.Equal(0, alice.Allocate());
        ClusterHealth health = new(edge.Cluster, edge.Settings);
        Assert.Null(health.DegradedReason);

        await (hangs ? Task.Run(redis.Pause, TestContext.Current.CancellationToken) : redis.KillAsync());
        await Eventually.TrueAsync(() => !edge.Cluster.Store.IsAvailable);
        Assert.StartsWith("the cluster's store is away", health.DegradedReason, StringComparison.Ordinal);
        Assert.Null(health.NotReadyReason);

        Assert.Equal(0, dave.Refresh());
        Assert.Equal(0, alice.Refresh());
        using Caller newAlice = TestCluster.Issue(a, edge, "alice");
        using Caller newDave = new(edge, "dave", "first");
        using Caller unknown = new(edge, "nobody", "knows");
        using Caller plain = CredentialCallTests.Plain(
            edge, TestCluster.Secret("x") with { Value = System.Text.Encoding.UTF8.GetBytes(Host.Reading.Secret) }, "bob");
        Assert.Equal(0, newAlice.Allocate());
        Assert.Equal(0, newDave.Allocate());
        Assert.Equal(0, plain.Allocate());
        Assert.Equal(500, unknown.Allocate());

        if (hangs)
        {
            redis.Resume();
        }
        else
        {
            await redis.RestartEmptyAsync();
        }
        await Eventually.TrueAsync(() => edge.Cluster.Store.IsAvailable);
        await Eventually.TrueAsync(() => health.DegradedReason is null);
        Assert.Equal(401, unknown.Allocate());
        Assert.Equal(0, newAlice.Refresh());
        Assert.Equal(0, dave.Refresh());

        // It is a member again, and what it holds is counted again.
        await Eventually.TrueAsync(() => test.Store.IsAvailable);
        await Eventually.TrueAsync(async () => (await test.MemberAsync(edge))?.Degraded == false);
    }

    [Fact]
    public async Task Without_the_store_each_edge_grants_its_share_of_a_quota()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using TestCluster test = await TestCluster.OpenAsync(redis);
        await using ClusterEdge one = await ClusterEdge.StartAsync(test);
        await using ClusterEdge other = await ClusterEdge.StartAsync(test);
        RealmRecord a = await test.PutRealmAsync("a", new RealmPolicy { AllocationsPerUser = 4 }, [TestCluster.Secret("k1")], one, other);
        await Eventually.TrueAsync(() => one.Cluster.Edges == 2);
        await redis.KillAsync();
        await Eventually.TrueAsync(() => !one.Cluster.Store.IsAvailable);
        Caller[] callers = [.. Enumerable.Range(0, 3).Select(_ => TestCluster.Issue(a, one, "alice"))];
        Assert.Equal([0, 0, 486], callers.Select(caller => caller.Allocate()));
        Assert.Equal(2, one.Cluster.Ledger.Statistics.GrantedLocally);
        Array.ForEach(callers, caller => caller.Dispose());
    }

    [Fact]
    public async Task An_edge_may_be_told_to_grant_nothing_that_has_a_limit_without_the_store()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using TestCluster test = await TestCluster.OpenAsync(redis);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(test, ("Edge:Quota:WhenStoreUnavailable", "deny"));
        RealmRecord a = await test.PutRealmAsync("a", new RealmPolicy { AllocationsPerUser = 4 }, [TestCluster.Secret("k1")], edge);
        RealmRecord b = await test.PutRealmAsync("b", new RealmPolicy(), [TestCluster.Secret("k1")], edge);
        await redis.KillAsync();
        await Eventually.TrueAsync(() => !edge.Cluster.Store.IsAvailable);
        using Caller limited = TestCluster.Issue(a, edge, "alice");
        using Caller free = TestCluster.Issue(b, edge, "alice");
        Assert.Equal(508, limited.Allocate());
        Assert.Equal(0, free.Allocate());
    }

    [Fact]
    public async Task A_store_that_was_never_there_delays_nothing_and_local_credentials_work()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        string address = redis.ConnectionString;
        await redis.KillAsync();
        long begin = TimeProvider.System.GetTimestamp();
        await using ClusterEdge edge = await ClusterEdge.StartAloneAsync(address, "turnpike");
        Assert.InRange(TimeProvider.System.GetElapsedTime(begin).TotalSeconds, 0, 5);
        using Caller caller = new(edge, Transport.RunningRelay.User, Transport.RunningRelay.Password);
        Assert.Equal(0, caller.Allocate());
        ClusterHealth health = new(edge.Cluster, edge.Settings);
        await Eventually.TrueAsync(() => health.NotReadyReason is null);
        Assert.NotNull(health.DegradedReason);
        ClusterHealth withoutOwn = new(edge.Cluster, edge.Settings with { Secrets = [], Users = [] });
        Assert.Contains("has not been reached yet", withoutOwn.NotReadyReason, StringComparison.Ordinal);

        // It joins by itself when the store appears; its nonces of before are good for their lifetime.
        await redis.RestartEmptyAsync();
        await Eventually.TrueAsync(() => edge.Cluster.View.Current.Loaded && edge.Cluster.Keys.Ring is not null);
        Assert.Null(withoutOwn.NotReadyReason);
        Assert.Equal(0, caller.Refresh());
        Assert.Equal(0, caller.StaleNonces);
    }

    [Fact]
    public async Task Usage_of_the_time_without_the_store_is_written_when_it_is_back()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using TestCluster test = await TestCluster.OpenAsync(redis);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(test);
        RealmRecord a = await test.PutRealmAsync("a", new RealmPolicy(), [TestCluster.Secret("k1")], edge);
        using Caller alice = TestCluster.Issue(a, edge, "alice", "web");
        Assert.Equal(0, alice.Allocate());
        redis.Pause();
        await Eventually.TrueAsync(() => !edge.Cluster.Store.IsAvailable);
        Turnpike.Protocol.TransportAddress peer = Turnpike.Protocol.TransportAddress.From(System.Net.IPAddress.Loopback, 9);
        Assert.Equal(0, alice.Permit(peer));
        for (int i = 0; i < 10; i++)
        {
            alice.Send(peer, new byte[100]);
        }
        await Eventually.EqualAsync(1000, () => edge.Cluster.Registry.All.Sum(allocation => allocation.Bytes.ToPeers));
        redis.Resume();
        await Eventually.TrueAsync(async () => await UsageCallTests.BytesAsync(test, "a", UsageBy.Tag, "web") == 1000);
        Assert.Equal(1000, await UsageCallTests.BytesAsync(test, "a", UsageBy.User, "alice"));
    }
}
