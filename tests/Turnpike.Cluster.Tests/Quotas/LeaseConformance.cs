using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Turnpike.Stores;

namespace Turnpike.Cluster.Tests;

/// <summary>Several edges' ledgers on one store of each kind.</summary>
public abstract class LeaseConformance(SharedStores stores, StoreKind kind) : StoreTest(stores, kind)
{
    private const string Realm = "realm {x}:%";
    private readonly List<LeaseLedger> _edges = [];

    private LeaseCounts Counts => new(Store, Realm);

    // A store that is slow because the machine is busy is not what these tests are about.
    private protected override ClusterOptions Configure(string redis, string prefix) =>
        new() { Redis = redis, KeyPrefix = prefix, Timeout = 30_000 };

    [Theory]
    [InlineData(5, 0, 0, LeaseDecision.UserQuotaReached)]
    [InlineData(0, 5, 0, LeaseDecision.RealmQuotaReached)]
    [InlineData(0, 0, 5, LeaseDecision.TotalQuotaReached)]
    [InlineData(5, 6, 7, LeaseDecision.UserQuotaReached)]
    public async Task A_quota_holds_over_four_edges_and_many_threads(int perUser, int perRealm, int total, LeaseDecision refusal)
    {
        LeaseLimits limits = new(perUser, perRealm, total);
        LeaseLedger[] edges = [Edge("a"), Edge("b"), Edge("c"), Edge("d")];
        LeaseDecision[] decisions = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(i => Task.Run(() => AskAsync(edges[i % 4], "käse 🧀", limits))));
        Assert.Equal(5, decisions.Count(d => d == LeaseDecision.Granted));
        Assert.Equal(195, decisions.Count(d => d == refusal));
        Assert.Equal(5, edges.Sum(edge => edge.Statistics.InUse));
        // Grants without a limit of the realm are told afterwards, and so is what was reserved in vain.
        await Stores.UntilAsync("the store counts the same", async () => await Counts.TotalAsync() == 5);
    }

    [Fact]
    public async Task What_one_edge_gives_back_another_is_granted()
    {
        LeaseLimits limits = new(1, 0, 0);
        LeaseLedger a = Edge("a");
        LeaseLedger b = Edge("b");
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(LeaseDecision.Granted, await AskAsync(a, "u", limits));
            Assert.Equal(LeaseDecision.UserQuotaReached, await AskAsync(b, "u", limits));
            a.Release(Realm, "u");
            await Stores.UntilAsync("the release arrives", async () => await Counts.TotalAsync() == 0);
            (a, b) = (b, a);
        }
    }

    [Fact]
    public async Task Threads_that_take_and_give_back_leave_no_key_behind()
    {
        LeaseLimits limits = new(3, 8, 12);
        LeaseLedger[] edges = [Edge("a"), Edge("b"), Edge("c")];
        int held = 0;
        int most = 0;
        long granted = 0;
        await Task.WhenAll(Enumerable.Range(0, 12).Select(worker => Task.Run(async () =>
        {
            for (int i = 0; i < 60; i++)
            {
                string user = $"u{(worker + i) % 5}";
                if (await AskAsync(edges[worker % 3], user, limits) == LeaseDecision.Granted)
                {
                    Maximum(ref most, Interlocked.Increment(ref held));
                    Interlocked.Increment(ref granted);
                    await Task.Yield();
                    Interlocked.Decrement(ref held);
                    edges[worker % 3].Release(Realm, user);
                }
            }
        })));
        Assert.InRange(most, 1, 8);
        Assert.Equal(granted, edges.Sum(edge => edge.Statistics.Granted));
        await Stores.UntilAsync("all is given back", async () => await Counts.TotalAsync() == 0);
        await EndAsync();
        Assert.Equal(0, await Counts.KeysAsync("a", "b", "c"));
        Assert.Equal(0, await new LeaseCounts(Store, ClusterKeys.AllRealms).KeysAsync("a", "b", "c"));
    }

    [Fact]
    public async Task What_a_killed_edge_held_is_free_when_its_lease_has_ended()
    {
        LeaseLimits limits = new(1, 0, 0);
        // Without Start() nothing renews, as after a kill; the store's own clock ends the lease.
        LeaseLedger killed = Edge("killed", lease: 1);
        LeaseLedger living = Edge("living");
        long started = Stopwatch.GetTimestamp();
        Assert.Equal(LeaseDecision.Granted, await AskAsync(killed, "u", limits));
        Assert.Equal(LeaseDecision.UserQuotaReached, await AskAsync(living, "u", limits));
        await Stores.UntilAsync("the lease ends", async () => await AskAsync(living, "u", limits) == LeaseDecision.Granted);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0.9, 10);
        await Stores.UntilAsync("the dead edge is gone", () => living.Statistics.Reaped == 1);
        Assert.Equal(1, await Counts.TotalAsync());
        Assert.Empty(await Counts.HeldAsync("killed"));
    }

    [Fact]
    public async Task A_dead_edge_with_many_users_is_taken_apart_in_steps()
    {
        const int many = (5 * LeaseScope.ChangeChunk) + 17;
        LeaseLimits limits = new(2, many, 0);
        LeaseLedger dead = Edge("dead");
        LeaseLedger living = Edge("living");
        await Task.WhenAll(Enumerable.Range(0, many).Select(i => AskAsync(dead, $"u{i}", limits)));
        Assert.Equal(many, await Counts.TotalAsync());
        Assert.Equal(LeaseDecision.RealmQuotaReached, await AskAsync(living, "u7", limits));
        await Counts.ExpireAsync("dead");
        Assert.Equal(LeaseDecision.Granted, await AskAsync(living, "u7", limits));
        await Stores.UntilAsync("the dead edge is gone", async () => (await Counts.HeldAsync("dead")).Count == 0);
        Assert.Equal(["u7"], (await Counts.UsersAsync()).Keys);
        Assert.Equal(1, await Counts.TotalAsync());
    }

    [Fact]
    public async Task A_renewal_takes_dead_edges_apart_that_nobody_asks_for()
    {
        LeaseLedger dead = Edge("dead");
        LeaseLedger living = Edge("living");
        await AskAsync(dead, "u", new LeaseLimits(5, 0, 0));
        await AskAsync(living, "v", new LeaseLimits(5, 0, 0));
        await Counts.ExpireAsync("dead");
        // A renewal is over with its own call, and the dead edge is taken apart by the calls that follow it; one that the store did not answer
        // in time does nothing, and the next one comes.
        await Stores.UntilAsync("the dead edge is gone", async () =>
        {
            await living.RenewAsync();
            return (await Counts.UsersAsync()).Keys.SequenceEqual(["v"]);
        });
    }

    [Fact]
    public async Task A_store_that_lost_everything_learns_it_again()
    {
        const int many = LeaseScope.ChangeChunk + 50;
        LeaseLimits limits = new(2, 2 * many, 0);
        LeaseLedger a = Edge("a");
        LeaseLedger b = Edge("b");
        await Task.WhenAll(Enumerable.Range(0, 2 * many).Select(i => AskAsync(i < many ? a : b, $"u{i % many}", limits)));
        SortedDictionary<string, int> before = await Counts.UsersAsync();
        await Counts.LoseAllAsync("a", "b");
        await a.RenewAsync();
        await b.RenewAsync();
        Assert.Equal(before, await Counts.UsersAsync());
        Assert.Equal(2 * many, await Counts.TotalAsync());
        Assert.Equal(LeaseDecision.UserQuotaReached, await AskAsync(a, "u1", limits));
    }

    [Fact]
    public async Task A_store_that_lost_its_last_writes_is_put_right()
    {
        LeaseLimits limits = new(5, 0, 0);
        LeaseLedger edge = Edge("a");
        await AskAsync(edge, "u", limits);
        await Counts.ForgetLastCallAsync("a");
        Assert.Equal(LeaseDecision.Granted, await AskAsync(edge, "u", limits));
        Assert.Equal(1, edge.Statistics.Restores);
        Assert.Equal(2, (await Counts.HeldAsync("a"))["u"]);
        Assert.Equal(2, await Counts.TotalAsync());
    }

    [Fact]
    public async Task A_realm_that_nobody_uses_any_more_goes_from_the_store_with_the_next_renewal()
    {
        LeaseLedger edge = Edge("a");
        await AskAsync(edge, "u", new LeaseLimits(1, 0, 0));
        edge.Release(Realm, "u");
        await Stores.UntilAsync("the release arrives", async () => await Counts.TotalAsync() == 0);
        await Stores.UntilAsync("the keys go", async () =>
        {
            await edge.RenewAsync();
            return await Counts.KeysAsync("a") == 0;
        });
        Assert.Equal(LeaseDecision.Granted, await AskAsync(edge, "u", new LeaseLimits(1, 0, 0)));
    }

    [Fact]
    public async Task Everything_of_edges_that_all_died_goes_by_itself()
    {
        await AskAsync(Edge("dead", lease: 1), "u", new LeaseLimits(1, 0, 0));
        await Stores.UntilAsync("the keys that every edge shares go", async () => await Counts.KeysAsync() == 0);
        Assert.Equal(LeaseDecision.Granted, await AskAsync(Edge("next"), "u", new LeaseLimits(1, 0, 0)));
        Assert.Equal(1, await Counts.TotalAsync());
    }

    public override async ValueTask DisposeAsync()
    {
        await EndAsync();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private static void Maximum(ref int most, int value)
    {
        int seen = Volatile.Read(ref most);
        while (value > seen)
        {
            seen = Interlocked.CompareExchange(ref most, value, seen);
        }
    }

    private static Task<LeaseDecision> AskAsync(LeaseLedger edge, string user, LeaseLimits limits)
    {
        TaskCompletionSource<LeaseDecision> completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        LeaseDecision decision = edge.TryAcquire(Realm, user, limits, completed.SetResult);
        return decision == LeaseDecision.Pending ? completed.Task.WaitAsync(Stores.Limit) : Task.FromResult(decision);
    }

    private LeaseLedger Edge(string id, int lease = 15)
    {
        // The timeout is that of a busy test machine: a decision without the store would be another test.
        ClusterOptions options = new() { Lease = lease, Timeout = 30_000 };
        LeaseLedger edge = new(
            Store, id, options, WhenStoreUnavailable.Deny, static () => 4, TimeProvider.System, NullLoggerFactory.Instance);
        _edges.Add(edge);
        return edge;
    }

    private async Task EndAsync()
    {
        foreach (LeaseLedger edge in _edges)
        {
            await edge.DisposeAsync();
        }
        _edges.Clear();
    }
}

public sealed class LeasesOnEmbedded(SharedStores stores) : LeaseConformance(stores, StoreKind.Embedded);

public sealed class LeasesOnRedis(SharedStores stores) : LeaseConformance(stores, StoreKind.Redis);

public sealed class LeasesOnSentinel(SharedStores stores) : LeaseConformance(stores, StoreKind.Sentinel);

public sealed class LeasesOnCluster(SharedStores stores) : LeaseConformance(stores, StoreKind.Cluster);
