using Turnpike.Cluster.Interop.Fleet;
using Turnpike.Stores;

namespace Turnpike.Cluster.Interop.Faults;

/// <summary>The store is well, and the way to it is not.</summary>
public sealed class NetworkFaultTests : ClusterTest
{
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(500);
    private const double Loss = 0.05;

    [Fact]
    public async Task A_slow_and_lossy_way_to_the_store_costs_no_packet()
    {
        RedisServer store = Track(await RedisServer.StartAsync());
        StoreProxy[] ways = [ProxyTo(store.EndPoint), ProxyTo(store.EndPoint)];
        FaultScene scene = Track(await FaultScene.StartAsync(store.ConnectionString, [.. ways.Select(way => $"{way.EndPoint}")]));

        Array.ForEach(ways, way => way.Slow(Latency, Loss));
        await scene.GoOnAsync();

        Array.ForEach(ways, way => way.Heal());
        await scene.EndAsync();
    }

    [Fact]
    public async Task A_partition_of_one_edge_costs_no_packet_on_either_side()
    {
        RedisServer store = Track(await RedisServer.StartAsync());
        StoreProxy[] ways = [ProxyTo(store.EndPoint), ProxyTo(store.EndPoint)];
        FaultScene scene = Track(await FaultScene.StartAsync(store.ConnectionString, [.. ways.Select(way => $"{way.EndPoint}")]));

        ways[0].Part();
        await scene.UntilAsync("the edge that is cut off says so", isDegraded: true, edge: 0);
        await scene.UntilAsync("the other edge does not", isDegraded: false, edge: 1);
        await scene.GoOnAsync();
        Assert.Single(await scene.Control.Members.ListAsync());

        ways[0].Heal();
        await scene.EndAsync();
    }

    [Fact]
    public async Task Connections_that_are_reset_again_and_again_cost_no_packet()
    {
        RedisServer store = Track(await RedisServer.StartAsync());
        StoreProxy[] ways = [ProxyTo(store.EndPoint), ProxyTo(store.EndPoint)];
        FaultScene scene = Track(await FaultScene.StartAsync(store.ConnectionString, [.. ways.Select(way => $"{way.EndPoint}")]));

        Task going = scene.GoOnAsync();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(700));
        for (int i = 0; !going.IsCompleted; i++)
        {
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            ways[i % ways.Length].Cut();
        }

        await going;
        await scene.EndAsync();
    }
}
