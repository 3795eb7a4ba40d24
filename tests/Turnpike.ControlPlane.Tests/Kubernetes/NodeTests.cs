using System.Text.Json.Nodes;
using Turnpike.FakeKubernetes;

namespace Turnpike.ControlPlane.Tests.Kubernetes;

/// <summary>Nodes that are to go, pods that went in place of others, rollouts.</summary>
public sealed class NodeTests
{
    [Fact]
    public async Task An_edge_of_a_cordoned_node_is_replaced_first_then_drained_and_removed_when_it_is_empty()
    {
        await using Scene scene = await Scene.StartAsync(3);
        scene.Fleet.Begin(15);
        scene.Scale();
        await scene.UntilAsync("it works", () => scene.Pods.All(pod => pod.Label("turnpike.dev/busy") == "true"));
        scene.Fleet.Starts = false;
        (string node, SimulatedEdge edge) = First(scene);

        scene.Cordon(node);
        await scene.UntilAsync("a replacement is under way", () => scene.Replicas == 4);
        Assert.Empty(scene.Fleet.Ordered);
        scene.Fleet.Starts = true;

        await scene.UntilAsync("the edge drains", () => scene.Fleet.Ordered.Contains(edge.Id));
        Assert.Equal(4, scene.Fleet.Edges.Count);
        scene.Fleet.HangUp(edge);
        scene.Fleet.Begin(5);
        await scene.UntilAsync("it went", () => scene.Fleet.Edges.Count == 3 && scene.Replicas == 3);
        Assert.DoesNotContain(edge, scene.Fleet.Edges);
        Assert.Equal((0, 15), (scene.Fleet.Cut, scene.Fleet.Calls));
    }

    [Fact]
    public async Task An_edge_whose_node_stays_after_all_serves_again()
    {
        await using Scene scene = await Scene.StartAsync(3);
        scene.Fleet.Begin(15);
        scene.Scale(Scene.Policy(max: 3));
        (string node, SimulatedEdge edge) = First(scene);

        scene.Cordon(node);
        await scene.UntilAsync("it drains, for there is no room for a replacement", () => scene.Fleet.IsDraining(edge));
        scene.Cordon(node, cordoned: false);

        await scene.UntilAsync("it serves", () => !scene.Fleet.IsDraining(edge) && scene.Pods.All(pod => pod.Annotation("turnpike.dev/drain").Length == 0));
        Assert.Equal(3, scene.Replicas);
    }

    [Fact]
    public async Task A_node_that_an_autoscaler_takes_away_leaves_no_time_for_a_replacement_first()
    {
        await using Scene scene = await Scene.StartAsync(3);
        scene.Fleet.Begin(15);
        scene.Scale();
        scene.Fleet.Starts = false;
        (string node, SimulatedEdge edge) = First(scene);

        scene.Edit(Kind.Nodes, node, item => item.Child("spec")["taints"] =
            new JsonArray(new JsonObject { ["key"] = "ToBeDeletedByClusterAutoscaler", ["effect"] = "NoSchedule" }));

        await scene.UntilAsync("it drains", () => scene.Fleet.Ordered.Contains(edge.Id));
        Assert.Equal(3, scene.Fleet.Edges.Count);
    }

    [Fact]
    public async Task When_another_pod_goes_in_place_of_the_victim_the_victim_serves_again()
    {
        await using Scene scene = await Scene.StartAsync(3);
        SimulatedEdge[] edges = [.. scene.Fleet.Edges];
        (edges[0].Calls, edges[1].Calls, edges[2].Calls) = (4, 0, 4);
        scene.Server.Faults = request =>
        {
            // Between the last look and the controller's, another pod is deleted by somebody else.
            if (request.ToString() == "update deployments/scale" && !edges[0].IsEnding)
            {
                scene.Controllers.IsPaused = true;
                string name = edges[0].Name;
                scene.Edit(Kind.Pods, name, pod => pod.Meta()["deletionTimestamp"] = "2030-01-01T00:00:00Z");
                edges[0].IsEnding = true;
            }
            return null;
        };
        scene.Scale();

        await scene.UntilAsync("the victim serves again", () => scene.Events.Contains("WrongPodRemoved"));
        scene.Controllers.IsPaused = false;
        await scene.UntilAsync("all is quiet", () => scene.Fleet.Ordered.Count == 0 && scene.Replicas == 2);
        Assert.Contains(edges[1], scene.Fleet.Edges);
        Assert.False(scene.Fleet.IsDraining(edges[1]));
        Assert.Equal((0, 8), (scene.Fleet.Cut, scene.Fleet.Calls));
    }

    [Fact]
    public async Task An_edge_that_is_empty_waits_while_another_pod_would_go_in_its_place()
    {
        await using Scene scene = await Scene.StartAsync(3);
        SimulatedEdge[] edges = [.. scene.Fleet.Edges];
        (edges[0].Calls, edges[1].Calls, edges[2].Calls) = (4, 1, 4);
        SceneScaler scaler = scene.Scale();
        await scene.UntilAsync("one drains", () => scene.Fleet.IsDraining(edges[1]));
        edges[0].IsBroken = true;
        await scene.UntilAsync("another is not ready", () => scene.Deployment.Child("status").Number("readyReplicas") == 2);
        edges[1].Calls = 1;
        scene.Fleet.HangUp(edges[1]);

        // Both are not ready by now: the cost decides between them, and the one with calls stays.
        await scene.UntilAsync("it went", () => scene.Fleet.Edges.Count == 2);
        Assert.Contains(edges[0], scene.Fleet.Edges);
        Assert.Equal((0, 8), (scene.Fleet.Cut, scene.Fleet.Calls));
        Assert.Null(scaler.Status.Trouble);
    }

    [Fact]
    public async Task During_a_rollout_nothing_is_removed_and_after_it_the_edges_are_as_the_load_wants_them()
    {
        await using Scene scene = await Scene.StartAsync(3);
        scene.Fleet.Begin(3);
        SimulatedEdge[] before = [.. scene.Fleet.Edges];
        scene.Scale();
        await scene.UntilAsync("one drains", () => scene.Fleet.Ordered.Count == 1);

        scene.Edit(Kind.Deployments, Scene.Workload, item => item.Child("spec").Child("template").Meta().Child("labels")["version"] = "2");
        await scene.UntilAsync("the old ones end", () => before.All(edge => edge.IsEnding));
        Assert.Equal((0, 3), (scene.Fleet.Cut, scene.Fleet.Calls));
        foreach (SimulatedEdge edge in before)
        {
            scene.Fleet.HangUp(edge);
        }

        await scene.UntilAsync("two new ones are left", () => scene.Fleet.Edges.Count == 2 && scene.Replicas == 2);
        Assert.Empty(scene.Fleet.Edges.Intersect(before));
        Assert.Equal(0, scene.Fleet.Cut);
    }

    private static (string Node, SimulatedEdge Edge) First(Scene scene)
    {
        JsonObject pod = scene.Pods[0];
        return (pod.Child("spec").Text("nodeName"), scene.Fleet[pod.Name()]);
    }
}
