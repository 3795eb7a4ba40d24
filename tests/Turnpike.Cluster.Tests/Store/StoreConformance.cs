using StackExchange.Redis;
using Turnpike.Stores;

namespace Turnpike.Cluster.Tests;

/// <summary>What every kind of store does.</summary>
public abstract class StoreConformance(SharedStores stores, StoreKind kind) : StoreTest(stores, kind)
{
    private static readonly ClusterScript Probe = ClusterScript.Load("probe");

    [Fact]
    public async Task A_script_runs_by_its_digest_and_is_loaded_where_it_is_not_known()
    {
        int measured = 0;
        Store.Statistics.Measured += _ => Interlocked.Increment(ref measured);
        long calls = Store.Statistics.Calls;
        RedisResult first = await Store.RunAsync(Probe, [Store.Keys.Epoch], []);
        RedisResult second = await Store.RunAsync(Probe, [Store.Keys.Quota("realm", "x")], []);
        Assert.True(long.Parse((string)second!, null) >= long.Parse((string)first!, null));
        Assert.True(measured >= 2);
        Assert.True(Store.Statistics.Calls >= calls + 2);
    }

    [Fact]
    public async Task An_error_of_a_script_is_thrown_and_the_store_stays_available()
    {
        await Store.QueryAsync(database => database.StringSetAsync(Store.Keys.Edges, "not a hash"));
        await Assert.ThrowsAsync<StoreRefusedException>(() => new Membership(Store).BeatAsync(Make.Edge("a"), 0));
        Assert.True(Store.IsAvailable);
        Assert.Equal(1, Store.Statistics.Errors(StoreErrorKind.Refused));
    }

    [Fact]
    public async Task A_thousand_calls_at_once_are_all_answered()
    {
        RedisResult[] results = await Task.WhenAll(
            Enumerable.Range(0, 1000).Select(i => Store.RunAsync(Probe, [Store.Keys.Usage($"realm{i % 50}", "x")], [])));
        Assert.All(results, result => Assert.False(result.IsNull));
    }

    [Fact]
    public async Task An_edit_is_announced_to_every_process()
    {
        ClusterStore other = await OpenAsync();
        List<string> heard = [];
        other.Notified += what =>
        {
            lock (heard)
            {
                heard.Add(what);
            }
        };
        RealmStore realms = new(Store);
        int edits = 0;
        // An announcement may be lost while the other process is still about to listen.
        await Stores.UntilAsync("an announcement arrives", async () =>
        {
            await realms.PutAsync(Make.Realm("acme", $"s{++edits}"), null);
            lock (heard)
            {
                return heard.Contains("realm:acme");
            }
        });
    }

    [Fact]
    public async Task The_first_of_many_answers_is_the_one_that_is_kept()
    {
        OnceStore once = new(Store);
        OnceStore other = new(await OpenAsync());
        Assert.Null(await once.FindAsync("request"));

        byte[][] kept = await Task.WhenAll(Enumerable.Range(0, 20).Select(number =>
            (number % 2 == 0 ? once : other).KeepAsync("request", [(byte)number], TimeSpan.FromMinutes(1))));

        byte first = Assert.Single(kept.Select(answer => Assert.Single(answer)).Distinct());
        Assert.Equal([first], (await other.FindAsync("request"))!);
        Assert.Null(await other.FindAsync("another"));
    }
}

public sealed class StoreOnEmbedded(SharedStores stores) : StoreConformance(stores, StoreKind.Embedded);

public sealed class StoreOnRedis(SharedStores stores) : StoreConformance(stores, StoreKind.Redis);

public sealed class StoreOnSentinel(SharedStores stores) : StoreConformance(stores, StoreKind.Sentinel);

public sealed class StoreOnCluster(SharedStores stores) : StoreConformance(stores, StoreKind.Cluster);
