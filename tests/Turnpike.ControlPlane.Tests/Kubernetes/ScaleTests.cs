using System.Text.Json.Nodes;
using Turnpike.FakeKubernetes;

namespace Turnpike.ControlPlane.Tests.Kubernetes;

/// <summary>The number of edges follows the load, and no call ends for it.</summary>
public sealed class ScaleTests
{
    [Fact]
    public async Task More_load_brings_more_edges()
    {
        await using Scene scene = await Scene.StartAsync(2);
        scene.Scale();
        scene.Fleet.Begin(18);

        await scene.UntilAsync("four edges serve", () => scene.Replicas == 4 && scene.Fleet.Edges.Count == 4);

        await scene.UntilAsync("it is told", () => scene.Events.Contains("ReplicasChanged"));
        Assert.Equal(0, scene.Fleet.Cut);
    }

    [Fact]
    public async Task Less_load_drains_the_emptiest_edges_and_removes_them_when_they_are_empty_and_not_before()
    {
        await using Scene scene = await Scene.StartAsync(4);
        scene.Fleet.Begin(8);
        SimulatedEdge[] edges = [.. scene.Fleet.Edges];
        (edges[0].Calls, edges[1].Calls, edges[2].Calls, edges[3].Calls) = (4, 1, 1, 4);
        scene.Scale();

        await scene.UntilAsync("two drain", () => scene.Fleet.Ordered.Count == 2);
        Assert.True(scene.Fleet.IsDraining(edges[1]) && scene.Fleet.IsDraining(edges[2]));
        await scene.PassAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(4, scene.Replicas);

        scene.Fleet.HangUp(edges[2]);
        await scene.UntilAsync("the empty one went", () => scene.Fleet.Edges.Count == 3);
        Assert.DoesNotContain(edges[2], scene.Fleet.Edges);
        Assert.Equal(3, scene.Replicas);

        scene.Fleet.HangUp(edges[1]);
        await scene.UntilAsync("the other one went", () => scene.Fleet.Edges.Count == 2 && scene.Deployment.Annotation("turnpike.dev/removing").Length == 0);
        Assert.Equal([edges[0].Name, edges[3].Name], scene.Fleet.Edges.Select(edge => edge.Name));
        Assert.Equal((0, 8), (scene.Fleet.Cut, scene.Fleet.Calls));
        await scene.UntilAsync("it is told", () => scene.Events.Count(reason => reason == "EdgeRemoved") == 2);
    }

    [Fact]
    public async Task Load_that_returns_takes_draining_edges_back_before_any_is_started()
    {
        await using Scene scene = await Scene.StartAsync(4);
        scene.Fleet.Begin(8);
        scene.Scale();
        await scene.UntilAsync("two drain", () => scene.Fleet.Ordered.Count == 2);

        scene.Fleet.Begin(9);

        await scene.UntilAsync("all serve", () => scene.Fleet.Ordered.Count == 0);
        Assert.Equal(4, scene.Replicas);
        await scene.UntilAsync("it is told", () => scene.Events.Count(reason => reason == "EdgeServesAgain") == 2);
        Assert.DoesNotContain("ReplicasChanged", scene.Events);
        Assert.All(scene.Pods, pod => Assert.Equal("", pod.Annotation("turnpike.dev/drain")));
    }

    [Fact]
    public async Task Marks_tell_others_which_edges_are_busy()
    {
        await using Scene scene = await Scene.StartAsync(2);
        scene.Fleet.Edges[0].Calls = 3;
        scene.Scale();

        await scene.UntilAsync("the marks are there", () => scene.Pods.All(pod => pod.Label("turnpike.dev/busy").Length > 0));
        JsonObject busy = scene.Pods.Single(pod => pod.Name() == scene.Fleet.Edges[0].Name);
        JsonObject idle = scene.Pods.Single(pod => pod.Name() == scene.Fleet.Edges[1].Name);

        Assert.Equal(("true", "false", "20"), Marks(busy));
        Assert.Equal(("false", "true", ""), Marks(idle) with { Item3 = Marks(idle).Item3.Trim('0') });
        scene.Fleet.HangUp(scene.Fleet.Edges[0]);
        await scene.UntilAsync("it is idle", () => scene.Pods.All(pod => pod.Label("turnpike.dev/busy") == "false"));

        static (string, string, string) Marks(JsonObject pod) => (
            pod.Label("turnpike.dev/busy"), pod.Annotation("cluster-autoscaler.kubernetes.io/safe-to-evict"),
            pod.Annotation("controller.kubernetes.io/pod-deletion-cost"));
    }
}
