using Turnpike.Cluster.Interop.Fleet;
using Turnpike.Stores;

namespace Turnpike.Cluster.Interop.Faults;

/// <summary>Edges whose wall clocks differ.</summary>
public sealed class SkewTests : ClusterTest
{
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Clocks_that_differ_by_half_a_minute_cost_no_packet()
    {
        using Skew skew = await Skew.CompileAsync();
        RedisServer store = Track(await RedisServer.StartAsync());
        FaultScene scene = Track(await FaultScene.StartAsync(store.ConnectionString, secondEdge: skew.Ahead(Ahead)));
        await scene.AssertSkewAsync(Ahead);

        await scene.GoOnAsync();
        await scene.AssertNoncesTravelAsync();

        await scene.EndAsync();
    }
}
