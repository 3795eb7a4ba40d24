using System.Text.Json.Nodes;
using k8s.Models;
using Turnpike.Cluster;
using Turnpike.ControlPlane.Kubernetes.Api;
using Turnpike.ControlPlane.Kubernetes.Planning;
using Turnpike.ControlPlane.Kubernetes.Workloads;

namespace Turnpike.ControlPlane.Kubernetes.Acting;

/// <summary>
/// Carries out one step. Everything may be done twice, and everything may be cut off anywhere: patches name the uid or the version that they are
/// meant for, orders are desired state. What a call brings back goes into the cache, so that the next plan does not see the world before it.
/// </summary>
internal sealed class Executor(KubernetesApi api, WorkloadCache cache, IDrainOrders orders)
{
    private static readonly IReadOnlyDictionary<string, string?> NoDrain = new Dictionary<string, string?>
    {
        [Marks.Drain] = null,
        [Marks.DrainUntil] = null,
        [Marks.DeletionCost] = Marks.Text(0),
    };

    /// <summary>Does it.</summary>
    /// <exception cref="ApiException">The API server would not.</exception>
    /// <exception cref="StoreException">The store would not.</exception>
    public async Task RunAsync(Step step, DeploymentView? deployment, CancellationToken cancellation)
    {
        switch (step)
        {
            case MarkPod mark:
                await PatchAsync(mark.Pod.Pod, mark.Annotations, mark.Busy, cancellation);
                break;
            case BeginDrain drain:
                Dictionary<string, string?> annotations = new() { [Marks.Drain] = drain.Mark.CauseText, [Marks.DrainUntil] = drain.Mark.UntilText };
                await PatchAsync(drain.Pod.Pod, annotations, null, cancellation);
                break;
            case OrderDrain order:
                await orders.DrainAsync(order.EdgeId, order.Until);
                break;
            case TakeBack back:
                // The order goes first: a mark without an order is ordered again, an order without a mark would be nobody's.
                if (back.Pod.Edge is { } edge)
                {
                    await orders.UndrainAsync(edge.Id);
                }
                await PatchAsync(back.Pod.Pod, NoDrain, null, cancellation);
                break;
            case BeginRemoval begin:
                await PatchAsync(deployment!, begin.Removal.ToJson(), cancellation);
                break;
            case EndRemoval:
                await PatchAsync(deployment!, null, cancellation);
                break;
            case Scale scale:
                await ScaleAsync(deployment!, scale.To, cancellation);
                break;
        }
    }

    private async Task PatchAsync(PodView pod, IReadOnlyDictionary<string, string?> annotations, string? busy, CancellationToken cancellation)
    {
        JsonObject metadata = new() { ["uid"] = pod.Uid, ["annotations"] = Json(annotations) };
        if (busy is not null)
        {
            metadata["labels"] = new JsonObject { [Marks.Busy] = busy };
        }
        cache.Pods.Apply(await api.PatchAsync<V1Pod>(ResourceType.Pods, pod.Name, new JsonObject { ["metadata"] = metadata }, cancellation));
    }

    private async Task PatchAsync(DeploymentView deployment, string? removing, CancellationToken cancellation)
    {
        JsonObject metadata = new()
        {
            ["uid"] = deployment.Uid,
            ["resourceVersion"] = deployment.ResourceVersion,
            ["annotations"] = new JsonObject { [Marks.Removing] = removing },
        };
        cache.Deployments.Apply(await api.PatchAsync<V1Deployment>(
            ResourceType.Deployments, deployment.Name, new JsonObject { ["metadata"] = metadata }, cancellation));
    }

    private async Task ScaleAsync(DeploymentView deployment, int replicas, CancellationToken cancellation)
    {
        V1Scale scale = new()
        {
            ApiVersion = "autoscaling/v1",
            Kind = "Scale",
            Metadata = new V1ObjectMeta
            {
                Name = deployment.Name,
                NamespaceProperty = api.Namespace,
                Uid = deployment.Uid,
                ResourceVersion = deployment.ResourceVersion,
            },
            Spec = new V1ScaleSpec { Replicas = replicas },
        };
        await api.ReplaceAsync(ResourceType.Deployments, deployment.Name, "scale", scale, cancellation);
        cache.Deployments.Apply(await api.GetAsync<V1Deployment>(ResourceType.Deployments, deployment.Name, cancellation));
    }

    private static JsonObject Json(IReadOnlyDictionary<string, string?> annotations)
    {
        JsonObject json = [];
        foreach ((string name, string? value) in annotations)
        {
            json[name] = value;
        }
        return json;
    }
}
