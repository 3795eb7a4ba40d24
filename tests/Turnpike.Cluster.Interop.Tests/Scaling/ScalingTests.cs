using System.Globalization;
using Turnpike.Cluster.Interop.Calls;
using Turnpike.Interop.Processes;

namespace Turnpike.Cluster.Interop.Scaling;

/// <summary>
/// The whole of it with real processes: load doubles, then falls, the control plane that scales is killed on the way, and in the end every edge
/// is replaced. Not one relayed packet is lost, and no call ends but by its client.
/// </summary>
public sealed class ScalingTests : ClusterTest
{
    private const int Before = 3;
    private const int Most = 5;

    /// <summary>TURNPIKE_SCALING_CALLS: calls at the top of the load, 200 by default.</summary>
    private static readonly int Load =
        Environment.GetEnvironmentVariable("TURNPIKE_SCALING_CALLS") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : 200;

    [Fact]
    public async Task Edges_follow_the_load_and_are_upgraded_and_no_packet_is_lost()
    {
        ScalingScene scene = Track(new ScalingScene());
        await scene.StartAsync(Before, callsPerEdge: (int)Math.Ceiling(Load / (double)Most));
        string[] first = [.. scene.PodNames];
        RelayedCalls lasting = await scene.CallAsync(first, Load / 2);
        await scene.ScaleAsync(2, Most);

        // The load doubles.
        RelayedCalls rush = await scene.CallAsync(first, Load / 2);
        await ScalingScene.UntilAsync($"{Most} edges serve", async () => scene.Replicas == Most && (await scene.ServingAsync()).Count == Most);
        string[] added = [.. scene.PodNames.Except(first)];
        RelayedCalls few = await scene.CallAsync(added, added.Length);
        UclientCall[] draining = [.. added.Select(scene.CallByUclient)];

        // It falls: the emptiest edges drain, keep their calls, and the one who sees to it dies meanwhile.
        await EndAsync(rush);
        await ScalingScene.UntilAsync("the emptiest drain", async () => (await scene.ServingAsync()).Select(edge => edge.Name).ToHashSet().SetEquals(first));
        ChildProcess dead = await scene.KillLeaderAsync();
        await few.ContinueAsync(refreshes: 1);
        Assert.Equal(Most, scene.Replicas);
        await EndAsync(few);
        await EndAsync(draining);
        await ScalingScene.UntilAsync("there are as many as before", () => Task.FromResult(scene.Replicas == Before && scene.PodNames.Count == Before));
        Assert.Equal(added.Order(StringComparer.Ordinal), scene.Pods.Ended.Order(StringComparer.Ordinal));
        Assert.Equal(first.Order(StringComparer.Ordinal), scene.PodNames.Order(StringComparer.Ordinal));
        Assert.True(dead.HasExited);

        // Every edge is replaced: the calls on the old ones go on until they end, new ones are on the new ones.
        UclientCall[] replaced = [.. first.Select(scene.CallByUclient)];
        await Task.WhenAll(replaced.Select(calls => calls.Run.WaitForTrafficAsync()));
        scene.Upgrade();
        await ScalingScene.UntilAsync("all old ones are told to end", () => Task.FromResult(first.All(scene.Pods.Ended.Contains)));
        string[] upgraded = [];
        await ScalingScene.UntilAsync("new ones serve", async () =>
        {
            upgraded = [.. (await scene.ServingAsync()).Select(edge => edge.Name).Except(first)];
            return upgraded.Length >= Before;
        });
        RelayedCalls late = await scene.CallAsync(upgraded, upgraded.Length);
        await lasting.ContinueAsync(refreshes: 1);
        await EndAsync(lasting);
        await EndAsync(replaced);
        await ScalingScene.UntilAsync("the old ones are gone", () => Task.FromResult(!scene.PodNames.Any(first.Contains)));
        await EndAsync(late);

        Assert.DoesNotContain("WrongPodRemoved", scene.Events);
        Assert.True(scene.Events.Count(reason => reason == "EdgeRemoved") >= added.Length);
    }

    private static async Task EndAsync(RelayedCalls calls)
    {
        (await calls.StopTrafficAsync()).AssertNothingLost();
        await calls.HangUpAsync();
        Assert.Empty((await calls.ReportAsync()).Failures);
    }

    private static Task EndAsync(UclientCall[] runs) => Task.WhenAll(runs.Select(calls => calls.EndAsync()));
}
