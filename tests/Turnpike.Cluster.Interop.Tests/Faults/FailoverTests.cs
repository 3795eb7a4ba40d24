using Turnpike.Stores;

namespace Turnpike.Cluster.Interop.Faults;

/// <summary>Stores of several servers change shape.</summary>
public sealed class FailoverTests : ClusterTest
{
    [Fact]
    public async Task A_failover_through_Sentinel_costs_no_packet()
    {
        SentinelServers store = Track(await SentinelServers.StartAsync());
        FaultScene scene = Track(await FaultScene.StartAsync(store.ConnectionString));

        // What the master has not passed on when it is killed is lost with it: at most what was flushed in that moment.
        Task<RedisServer> killing = store.KillMasterAsync();
        await scene.GoOnAsync();
        await killing;

        await scene.EndAsync(unbilledAtMost: FaultScene.BytesPerSecond);
    }

    [Fact]
    public async Task Slots_that_move_between_nodes_cost_no_packet()
    {
        RedisClusterServers store = Track(await RedisClusterServers.StartAsync());
        FaultScene scene = Track(await FaultScene.StartAsync(store.ConnectionString));
        ClusterKeys keys = scene.Control.Store.Keys;
        string[] moved = [$"{keys.Realms}", $"{keys.Quota(scene.Tenant.Name, "users")}", $"{keys.Usage(scene.Tenant.Name, "")}"];

        Task going = scene.GoOnAsync();
        for (int i = 0; !going.IsCompleted; i++)
        {
            await store.MoveSlotAsync(moved[i % moved.Length]);
        }

        await going;
        await scene.EndAsync();
    }
}
