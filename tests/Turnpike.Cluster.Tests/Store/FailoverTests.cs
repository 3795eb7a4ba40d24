using Turnpike.Stores;

namespace Turnpike.Cluster.Tests;

/// <summary>Stores of several servers, one of which changes its part.</summary>
public sealed class FailoverTests
{
    [Fact]
    public async Task After_a_failover_through_Sentinel_calls_and_announcements_go_to_the_new_master()
    {
        await using SentinelServers servers = await SentinelServers.StartAsync();
        await using ObservedStore observed = new(servers.ConnectionString);
        await observed.Store.AvailableAsync();
        await new RealmStore(observed.Store).PutAsync(Make.Realm("kept", "k1"), null);
        await servers.FailoverAsync();
        await OutageTests.AnnouncementArrivesAsync(observed);
        Assert.True(observed.Store.IsAvailable);
    }

    [Fact]
    public async Task After_the_master_died_its_successor_is_found()
    {
        await using SentinelServers servers = await SentinelServers.StartAsync();
        await using ObservedStore observed = new(servers.ConnectionString);
        await observed.Store.AvailableAsync();
        await servers.KillMasterAsync();
        await OutageTests.AnnouncementArrivesAsync(observed);
    }

    [Fact]
    public async Task A_slot_that_moves_to_another_node_is_followed()
    {
        await using RedisClusterServers servers = await RedisClusterServers.StartAsync();
        await using ObservedStore observed = new(servers.ConnectionString);
        await observed.Store.AvailableAsync();
        RealmStore realms = new(observed.Store);
        await realms.PutAsync(Make.Realm("acme", "k1"), null);
        using CancellationTokenSource moved = new();
        Task<int> editing = EditAsync(realms, moved.Token);
        await servers.MoveSlotAsync(observed.Store.Keys.Epoch.ToString());
        await moved.CancelAsync();
        int edits = await editing;
        Assert.True(edits > 0);
        long version = await realms.PutAsync(Make.Realm("acme", "k1"), null);
        Assert.True(version >= edits + 2);
        await OutageTests.AnnouncementArrivesAsync(observed);
    }

    [Fact]
    public async Task While_one_node_is_down_the_store_stays_away_for_as_long_as_what_failed_fails()
    {
        await using RedisClusterServers servers = await RedisClusterServers.StartAsync();
        await using ObservedStore observed = new(servers.ConnectionString);
        await observed.Store.AvailableAsync();
        RedisServer first = await servers.OwnerAsync(await servers.SlotAsync(observed.Store.Keys.Epoch.ToString()));
        foreach (RedisServer node in servers.Nodes)
        {
            await node.CliAsync("CONFIG", "SET", "cluster-require-full-coverage", "no");
        }
        // A realm whose leases live on another node than the configuration.
        string elsewhere = await KeyElsewhereAsync(servers, observed.Store, first);
        RedisServer other = await servers.OwnerAsync(await servers.SlotAsync(elsewhere));
        await observed.CallAsync(elsewhere);
        await other.KillAsync();
        await observed.UntilAwayAsync(elsewhere);
        int changes = observed.Changes.Count;
        await Stores.UntilAsync("several probes have failed", () => observed.Store.Statistics.Errors(StoreErrorKind.Connection)
            + observed.Store.Statistics.Errors(StoreErrorKind.NotServing) + observed.Store.Statistics.Errors(StoreErrorKind.Timeout) >= 4);
        Assert.False(observed.Store.IsAvailable);
        Assert.True(observed.Changes.Count <= changes + 1);
    }

    private static async Task<string> KeyElsewhereAsync(RedisClusterServers servers, ClusterStore store, RedisServer first)
    {
        for (int i = 0; ; i++)
        {
            string key = store.Keys.Quota($"realm{i}", "x").ToString();
            if (await servers.OwnerAsync(await servers.SlotAsync(key)) != first)
            {
                return key;
            }
        }
    }

    private static async Task<int> EditAsync(RealmStore realms, CancellationToken stop)
    {
        int edits = 0;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await realms.PutAsync(Make.Realm("acme", "k1"), null);
                edits++;
            }
            catch (StoreUnavailableException)
            {
                // May happen for as long as the slot is on its way; what counts is that nothing that was confirmed is gone.
                await Task.Yield();
            }
        }
        return edits;
    }
}
