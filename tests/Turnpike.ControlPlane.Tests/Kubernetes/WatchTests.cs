using Turnpike.ControlPlane.Kubernetes.Workloads;
using Turnpike.FakeKubernetes;

namespace Turnpike.ControlPlane.Tests.Kubernetes;

/// <summary>What is known follows what is there, however the watches end.</summary>
public sealed class WatchTests
{
    [Theory]
    [InlineData("ended")]
    [InlineData("broken")]
    [InlineData("torn")]
    public async Task A_watch_that_ends_goes_on_where_it_was_without_another_list(string how)
    {
        await using Scene scene = await Scene.StartAsync(2);
        WorkloadCache cache = scene.Scale().Cache;
        await SyncedAsync(scene, cache);
        long lists = cache.Deployments.Lists;

        Action end = how switch { "ended" => scene.Server.Watches.End, "broken" => scene.Server.Watches.Break, _ => scene.Server.Watches.Tear };
        end();
        scene.Fleet.Begin(14);

        await scene.UntilAsync("what changed is seen", () => cache.Deployment!.Replicas == 3);
        Assert.Equal(lists, cache.Deployments.Lists);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_watch_whose_version_is_forgotten_begins_with_another_list(bool inside)
    {
        await using Scene scene = await Scene.StartAsync(2);
        scene.Server.Watches.TellsGoneInside = inside;
        WorkloadCache cache = scene.Scale().Cache;
        await SyncedAsync(scene, cache);

        // Meanwhile nobody listens, and what happened is compacted away.
        scene.Server.Faults = request => request.Verb == "watch" ? Fault.Reset : null;
        scene.Server.Watches.Break();
        scene.SetReplicas(5);
        await scene.UntilAsync("there are five", () => scene.Fleet.Edges.Count == 5);
        scene.Storage.Compact();
        scene.Server.Faults = _ => null;

        await scene.UntilAsync("they are seen", () => cache.OwnPods.Count() >= 5 || scene.Replicas < 5);
        Assert.True(cache.Pods.Lists > 1);
        Assert.NotEmpty(scene.Log.Of(3352));
    }

    [Fact]
    public async Task Bookmarks_keep_a_watch_of_things_that_do_not_change_from_beginning_anew()
    {
        await using Scene scene = await Scene.StartAsync(2);
        WorkloadCache cache = scene.Scale().Cache;
        await SyncedAsync(scene, cache);
        long lists = cache.Autoscalers.Lists;

        scene.SetReplicas(4);
        await scene.UntilAsync("much has happened", () => scene.Fleet.Edges.Count == 4);
        long told = scene.Server.Watches.Bookmark();
        await scene.PassAsync(TimeSpan.FromSeconds(2));
        scene.Storage.Compact(told);
        scene.Server.Watches.End();

        await scene.UntilAsync("it is watched again", () => cache.Autoscalers.Watches > 1);
        await scene.PassAsync(TimeSpan.FromSeconds(2));
        Assert.Equal(lists, cache.Autoscalers.Lists);
        Assert.Null(cache.Autoscalers.Problem);
    }

    [Fact]
    public async Task Slow_watches_are_waited_for()
    {
        await using Scene scene = await Scene.StartAsync(3);
        scene.Server.Watches.Delay = TimeSpan.FromMilliseconds(50);
        scene.Fleet.Begin(8);
        scene.Fleet.HangUp(scene.Fleet.Edges[1]);
        scene.Scale();

        await scene.UntilAsync("the load is followed", () => scene.Fleet.Edges.Count == 2);
        Assert.Equal(0, scene.Fleet.Cut);
    }

    [Fact]
    public async Task Definitions_that_are_installed_later_are_found()
    {
        await using Scene scene = await Scene.StartAsync(2);
        WorkloadCache cache = scene.Scale().Cache;
        await SyncedAsync(scene, cache);
        Assert.Empty(cache.ScaledObjects.Items);
        long lists = cache.ScaledObjects.Lists;

        scene.Server.HasKeda = true;

        await scene.UntilAsync("they are followed", () => cache.ScaledObjects.Watches > 0);
        Assert.True(cache.ScaledObjects.Lists > lists);
    }

    private static Task SyncedAsync(Scene scene, WorkloadCache cache) =>
        scene.UntilAsync("all is known", () => cache.IsSynced && cache.Deployment is not null && cache.OwnPods.Count() == 2);
}
