using Turnpike.Stores;

namespace Turnpike.Cluster.Interop.Faults;

/// <summary>The one redis-server of a cluster fails, in every way that calls must not notice.</summary>
public sealed class StoreFaultTests : ClusterTest
{
    // Between the last look at the usage and the end of the store another flush may come and go with it, one of each edge.
    private static readonly long TwoFlushes = 2 * FaultScene.BytesPerSecond;

    [Fact]
    public async Task A_store_that_stops_and_comes_back_empty_costs_no_packet()
    {
        RedisServer store = Track(await RedisServer.StartAsync());
        FaultScene scene = Track(await FaultScene.StartAsync(store.ConnectionString));

        long billed = (await scene.Tenant.UsageAsync()).Bytes;
        await store.StopAsync();
        await scene.UntilAsync("both edges miss the store", isDegraded: true);
        await scene.AssertLocalShareAsync();
        await scene.GoOnAsync();

        await store.RestartEmptyAsync();
        await scene.EndAsync(unbilledAtLeast: billed, unbilledAtMost: billed + TwoFlushes);
    }

    [Fact]
    public async Task A_store_that_hangs_costs_no_packet()
    {
        RedisServer store = Track(await RedisServer.StartAsync());
        FaultScene scene = Track(await FaultScene.StartAsync(store.ConnectionString));

        store.Pause();
        await scene.UntilAsync("both edges miss the store", isDegraded: true);
        await scene.AssertLocalShareAsync();
        await scene.GoOnAsync();

        store.Resume();
        await scene.EndAsync();
    }

    [Fact]
    public async Task A_password_that_is_wrong_after_its_rotation_costs_no_packet()
    {
        RedisServer store = Track(await RedisServer.StartAsync(new RedisOptions { Password = "before" }));
        FaultScene scene = Track(await FaultScene.StartAsync(store.ConnectionString));

        await store.CliAsync("CONFIG", "SET", "requirepass", "after");
        string[] afterwards = ["-a", "after", "--no-auth-warning"];
        await store.CliAsync([.. afterwards, "CLIENT", "KILL", "TYPE", "pubsub"]);
        await store.CliAsync([.. afterwards, "CLIENT", "KILL", "TYPE", "normal"]);
        await scene.UntilAsync("both edges miss the store", isDegraded: true);
        await scene.AssertLocalShareAsync();
        await scene.GoOnAsync();

        await store.CliAsync([.. afterwards, "CONFIG", "SET", "requirepass", "before"]);
        await scene.EndAsync();
    }
}
