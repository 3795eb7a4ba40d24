using Turnpike.Cluster;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Edge.Tests.Transport;

namespace Turnpike.Edge.Tests.Cluster;

public sealed class RevocationCallTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    [Theory]
    [InlineData(RevocationKind.Credential)]
    [InlineData(RevocationKind.User)]
    [InlineData(RevocationKind.Tag)]
    [InlineData(RevocationKind.Realm)]
    public async Task A_revocation_ends_live_allocations_on_every_edge_and_refuses_what_comes_after(RevocationKind kind)
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge one = await ClusterEdge.StartAsync(test);
        await using ClusterEdge other = await ClusterEdge.StartAsync(test);
        RealmRecord a = await test.PutRealmAsync("a", new RealmPolicy(), [TestCluster.Secret("k1")], one, other);
        RealmRecord b = await test.PutRealmAsync("b", new RealmPolicy(), [TestCluster.Secret("k1")], one, other);
        (string username, string password) = IssuedCredential.Issue(a, "alice", "web", TimeSpan.FromHours(1), TestCluster.Now, ':');
        using Caller here = new(one, username, password);
        using Caller there = new(other, username, password);
        using Caller another = TestCluster.Issue(b, one, "alice", "web");
        Assert.Equal(0, here.Allocate());
        Assert.Equal(0, there.Allocate());
        Assert.Equal(0, another.Allocate());

        string value = kind switch
        {
            RevocationKind.Credential => username,
            RevocationKind.User => "alice",
            RevocationKind.Tag => "web",
            _ => "",
        };
        long revokedAt = TimeProvider.System.GetTimestamp();
        await new RevocationStore(test.Store).AddAsync(
            new Revocation(Guid.NewGuid().ToString("N"), kind, "a", value, TestCluster.Now, TestCluster.Now + 3600));
        await Eventually.TrueAsync(() => one.Relay.Relay.Allocations == 1 && other.Relay.Relay.Allocations == 0);
        Assert.InRange(TimeProvider.System.GetElapsedTime(revokedAt).TotalSeconds, 0, 2);

        Assert.Equal(401, here.Refresh());
        Assert.Equal(401, there.Allocate());
        Assert.Equal(0, another.Refresh());
        Assert.Equal(1, one.Cluster.Revoker.Ended);
        await Eventually.TrueAsync(async () =>
        {
            IReadOnlyList<ClusterEvent> events = await test.EventsAsync("a");
            return events.Count(entry => entry is { Kind: EventKind.CredentialRevoked, User: "alice" }) == 2
                && events.Count(entry => entry is { Kind: EventKind.AllocationEnded, Reason: "revoked", Tag: "web" }) == 2;
        });
    }

    [Fact]
    public async Task A_user_of_the_edges_own_settings_can_be_revoked_and_comes_back_when_that_is_taken_back()
    {
        await using TestCluster test = await TestCluster.OpenAsync(redis.Server);
        await using ClusterEdge edge = await ClusterEdge.StartAsync(test);
        using Caller caller = new(edge, RunningRelay.User, RunningRelay.Password);
        Assert.Equal(0, caller.Allocate());
        RevocationStore revocations = new(test.Store);
        await revocations.AddAsync(
            new Revocation("one", RevocationKind.User, "turnpike", RunningRelay.User, TestCluster.Now, TestCluster.Now + 3600));
        await Eventually.EqualAsync(0, () => edge.Relay.Relay.Allocations);
        Assert.Equal(401, caller.Allocate());
        await revocations.RemoveAsync("one");
        await Eventually.TrueAsync(() => caller.Allocate() == 0);
    }
}
