using System.Text.Json.Nodes;
using Turnpike.ControlPlane.Kubernetes.Workloads;
using Turnpike.FakeKubernetes;
using Turnpike.Scaling;

namespace Turnpike.ControlPlane.Tests.Kubernetes;

/// <summary>What an operator does wrong, and what a cluster does: a clear status, no call lost, and recovery without help.</summary>
public sealed class TroubleTests
{
    [Fact]
    public async Task An_API_server_that_is_down_for_ten_minutes_is_named_and_waited_for()
    {
        await using Scene scene = await Scene.StartAsync(3);
        scene.Fleet.Begin(12);
        SceneScaler scaler = scene.Scale();
        await scene.UntilAsync("it works", () => scene.Pods.All(pod => pod.Label("turnpike.dev/busy") == "true"));

        scene.Server.Faults = _ => Fault.Reset;
        scene.Server.Watches.Break();
        await scene.UntilAsync("it says so", () => scaler.Status.Trouble is "api" or "lease");
        await scene.PassAsync(TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(2));
        Assert.False(scaler.Elector.IsLeader);
        Assert.NotNull(scaler.Status.DegradedReason);
        Assert.Equal(3, scene.Fleet.Edges.Count);

        scene.Server.Faults = _ => null;
        SimulatedEdge idle = scene.Fleet.Edges[0];
        scene.Fleet.HangUp(idle);
        await scene.UntilAsync("the fleet follows the load again", () => scene.Fleet.Edges.Count == 2 && scaler.Status.Trouble is null);
        Assert.Equal(0, scene.Fleet.Cut);
    }

    [Theory]
    [InlineData("list pods", "list pods")]
    [InlineData("watch deployments", "watch deployments.apps")]
    [InlineData("patch pods", "patch pods")]
    [InlineData("patch deployments", "patch deployments.apps")]
    [InlineData("update deployments/scale", "update deployments/scale.apps")]
    [InlineData("list horizontalpodautoscalers", "list horizontalpodautoscalers.autoscaling")]
    [InlineData("get leases", "get leases.coordination.k8s.io")]
    [InlineData("create leases", "create leases.coordination.k8s.io")]
    public async Task A_permission_that_is_missing_is_named_and_all_goes_on_when_it_is_there(string forbidden, string named)
    {
        await using Scene scene = await Scene.StartAsync(3);
        scene.Server.Allows = request => request.ToString() != forbidden;
        scene.Fleet.Begin(3);
        scene.Fleet.HangUp(scene.Fleet.Edges[1]);
        SceneScaler scaler = scene.Scale();

        await scene.UntilAsync("it names it", () => scaler.Status.Text.Contains($"may not {named}", StringComparison.Ordinal));
        Assert.NotNull(scaler.Status.Trouble);
        Assert.Equal(3, scene.Replicas);

        scene.Server.Allows = _ => true;
        await scene.UntilAsync("it works", () => scene.Replicas == 2 && scaler.Status.Trouble is null);
        Assert.Equal(0, scene.Fleet.Cut);
    }

    [Fact]
    public async Task Without_the_permission_to_see_nodes_all_else_works_and_without_the_one_for_events_too()
    {
        await using Scene scene = await Scene.StartAsync(3);
        scene.Server.Allows = request => request.Kind != Kind.Nodes && request.Kind != Kind.Events;
        scene.Scale();

        await scene.UntilAsync("the idle edge went", () => scene.Fleet.Edges.Count == 2);

        Assert.Contains(scene.Log.Of(3350), line => line.Contains("may not list nodes", StringComparison.Ordinal));
        Assert.Contains(scene.Log.Of(3360), line => line.Contains("may not create events", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_Deployment_that_is_deleted_is_waited_for()
    {
        await using Scene scene = await Scene.StartAsync(2);
        SceneScaler scaler = scene.Scale();
        await scene.UntilAsync("it works", () => scene.Pods.All(pod => pod.Label("turnpike.dev/busy").Length > 0));

        scene.Storage.Remove(Kind.Deployments, Scene.Namespace, Scene.Workload);
        await scene.UntilAsync("it says so", () => scaler.Status.Trouble == "no-deployment");
        Assert.Contains("edges", scaler.Status.Text, StringComparison.Ordinal);

        await scene.UntilAsync("all is gone", () => scene.Pods.Count == 0);
        scene.Deploy(2);
        scene.Fleet.StoreIsAway = false;
        await scene.UntilAsync("there are edges", () => scene.Fleet.Edges.Count == 2);
        scene.Fleet.Begin(18);
        await scene.UntilAsync("it works again", () => scene.Fleet.Edges.Count == 4 && scaler.Status.Trouble is null);
    }

    [Fact]
    public async Task Replicas_that_are_changed_by_hand_are_noticed_and_the_next_decision_goes_on_from_there()
    {
        await using Scene scene = await Scene.StartAsync(3);
        scene.Fleet.Begin(12);
        SceneScaler scaler = scene.Scale();
        await scene.UntilAsync("it works", () => scene.Pods.All(pod => pod.Label("turnpike.dev/busy") == "true"));

        scene.SetReplicas(6);

        await scene.UntilAsync("the load decides again", () => scene.Fleet.Edges.Count == 3 && scene.Replicas == 3 && scene.Events.Contains("ReplicasChangedByHand"));
        Assert.Equal((0, 12), (scene.Fleet.Cut, scene.Fleet.Calls));
        Assert.Null(scaler.Status.Trouble);
    }

    [Fact]
    public async Task Replicas_that_are_lowered_by_hand_take_the_emptiest_edge_because_of_its_cost()
    {
        await using Scene scene = await Scene.StartAsync(3);
        SimulatedEdge[] edges = [.. scene.Fleet.Edges];
        (edges[0].Calls, edges[1].Calls, edges[2].Calls) = (4, 1, 4);
        scene.Scale(Scene.Policy() with { ScaleDown = new ScalingRules { SelectPolicy = SelectPolicy.Disabled } });
        await scene.UntilAsync("the marks are there", () => scene.Pods.All(pod => pod.Label("turnpike.dev/busy") == "true"));

        scene.SetReplicas(2);

        await scene.UntilAsync("the emptiest ends", () => edges[1].IsEnding);
        Assert.False(edges[0].IsEnding || edges[2].IsEnding);
        Assert.Equal((0, 9), (scene.Fleet.Cut, scene.Fleet.Calls));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Beside_an_autoscaler_of_the_same_Deployment_nothing_is_scaled_until_it_is_gone(bool isKeda)
    {
        await using Scene scene = await Scene.StartAsync(3);
        scene.Server.HasKeda = isKeda;
        Kind kind = isKeda ? Kind.ScaledObjects : Kind.Autoscalers;
        JsonObject target = new() { ["name"] = Scene.Workload };
        if (!isKeda)
        {
            target["kind"] = "Deployment";
        }
        scene.Storage.Create(kind, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "other", ["namespace"] = Scene.Namespace },
            ["spec"] = new JsonObject { ["scaleTargetRef"] = target },
        });
        SceneScaler scaler = scene.Scale();

        await scene.UntilAsync("it refuses", () => scaler.Status.Trouble == "rival" && scene.Events.Contains("NotScaled"));
        await scene.PassAsync(TimeSpan.FromSeconds(20));
        Assert.Equal((3, 0), (scene.Replicas, scene.Fleet.Ordered.Count));
        Assert.Contains($"{kind.Name}/other", scaler.Status.Text, StringComparison.Ordinal);

        scene.Storage.Remove(kind, Scene.Namespace, "other");
        await scene.UntilAsync("it scales", () => scene.Fleet.Edges.Count == 2 && scaler.Status.Trouble is null);
    }

    [Fact]
    public async Task An_autoscaler_that_comes_while_an_edge_drains_finds_all_edges_in_service()
    {
        await using Scene scene = await Scene.StartAsync(3);
        scene.Fleet.Begin(3);
        scene.Scale();
        await scene.UntilAsync("one drains", () => scene.Fleet.Ordered.Count == 1);

        scene.Storage.Create(Kind.Autoscalers, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "other", ["namespace"] = Scene.Namespace },
            ["spec"] = new JsonObject { ["scaleTargetRef"] = new JsonObject { ["kind"] = "Deployment", ["name"] = Scene.Workload } },
        });

        await scene.UntilAsync("all serve", () => scene.Fleet.Ordered.Count == 0 && scene.Pods.All(pod => pod.Annotation(Marks.Drain).Length == 0));
        Assert.Equal(3, scene.Replicas);
    }

    [Fact]
    public async Task While_the_store_is_away_nothing_is_scaled()
    {
        await using Scene scene = await Scene.StartAsync(3);
        scene.Fleet.IsFresh = false;
        SceneScaler scaler = scene.Scale();

        await scene.UntilAsync("it says so", () => scaler.Status.Trouble == "no-edges");
        await scene.PassAsync(TimeSpan.FromSeconds(20));
        Assert.Equal((3, 0), (scene.Replicas, scene.Fleet.Ordered.Count));

        (scene.Fleet.IsFresh, scene.Fleet.StoreIsAway) = (true, true);
        await scene.UntilAsync("an order cannot be given", () => scaler.Status.Trouble == "store");
        scene.Fleet.StoreIsAway = false;
        await scene.UntilAsync("it goes on", () => scene.Fleet.Edges.Count == 2 && scaler.Status.Trouble is null);
    }
}
