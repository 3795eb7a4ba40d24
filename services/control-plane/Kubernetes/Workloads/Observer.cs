using Turnpike.Cluster;
using Turnpike.ControlPlane.Fleet;
using Turnpike.ControlPlane.Kubernetes.Acting;
using Turnpike.ControlPlane.Kubernetes.Planning;
using Turnpike.ControlPlane.Scaling;
using Turnpike.Scaling;

namespace Turnpike.ControlPlane.Kubernetes.Workloads;

/// <summary>Puts together what the API server, the edges and the order book say, for the plan and for the scaling function.</summary>
internal sealed class Observer(WorkloadCache cache, IEdgeDirectory edges, IDrainOrders orders, TimeProvider time) : IWorkloadSource
{
    // Longer than the gaps between the calls of an edge that is in use.
    private static readonly TimeSpan QuietAfter = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, long> _idleSince = new(StringComparer.Ordinal);

    /// <summary>What is known, on every replica: those that do not lead explain decisions, too.</summary>
    public Workload? Current => cache is { IsSynced: true, Deployment: { } deployment }
        ? WorkloadOf(See(deployment), deployment, edges.Current) with { IsFresh = cache.Problem is null }
        : null;

    /// <summary>What is there now.</summary>
    /// <exception cref="StoreException">The orders cannot be read.</exception>
    public async Task<Observation> ObserveAsync()
    {
        Observation seen = See(cache.Deployment);
        List<EdgePod> pods = [];
        foreach (EdgePod pod in seen.Pods)
        {
            // An edge that drains has its order; of one that does not, the order book tells.
            bool asks = pod is { Pod.Drain: not null, Edge.Drains: false };
            pods.Add(pod with
            {
                Edge = asks ? pod.Edge! with { IsOrdered = await orders.IsOrderedAsync(pod.Edge!.Id) } : pod.Edge,
                IsQuiet = IsQuiet(pod),
            });
        }
        Forget(pods);
        return seen with { Pods = pods };
    }

    private Observation See(DeploymentView? deployment)
    {
        // A process that was restarted leaves its old record for some seconds.
        Dictionary<string, EdgeRecord> latest = edges.Current.GroupBy(edge => edge.Name, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.MaxBy(edge => edge.StartedAt)!, StringComparer.Ordinal);
        Dictionary<string, NodeView> leaving = cache.Nodes.Items.Where(node => node.Leaves is not null)
            .ToDictionary(node => node.Name, StringComparer.Ordinal);
        return new Observation
        {
            Now = time.GetUtcNow(),
            Deployment = deployment,
            Pods =
            [
                .. cache.OwnPods.OrderBy(pod => pod.Name, StringComparer.Ordinal).Select(pod => new EdgePod(pod)
                {
                    Edge = latest.GetValueOrDefault(pod.Name) is { } edge ? ViewOf(edge) : null,
                    LeavingNode = leaving.GetValueOrDefault(pod.Node),
                }),
            ],
            Rivals = deployment is null ? [] :
            [
                .. cache.Autoscalers.Items.Concat(cache.ScaledObjects.Items).Where(rival => rival.Scales(deployment.Name))
                    .Select(rival => rival.What).Order(StringComparer.Ordinal),
            ],
            EdgesAreFresh = edges.IsFresh,
        };
    }

    /// <summary>The scaling function's view.</summary>
    internal static Workload WorkloadOf(Observation seen, DeploymentView deployment, IReadOnlyList<EdgeRecord> members)
    {
        Dictionary<string, EdgeDrain> drains = new(StringComparer.Ordinal);
        Dictionary<string, EdgePod> byEdge = seen.Active.Where(pod => pod.Edge is not null).ToDictionary(pod => pod.Edge!.Id, StringComparer.Ordinal);
        foreach (EdgeRecord edge in members)
        {
            if (!byEdge.TryGetValue(edge.Id, out EdgePod? pod))
            {
                drains[edge.Id] = EdgeDrain.Ending; // Its pod is ending or gone, or it never was one of the replicas.
            }
            else if (pod.Pod.Drain is { } mark)
            {
                drains[edge.Id] = mark.Cause == DrainCause.ScaleIn ? EdgeDrain.ScaleIn : EdgeDrain.Ordered;
            }
        }
        int unborn = Math.Max(0, deployment.Replicas - seen.Active.Count());
        return new Workload
        {
            Replicas = deployment.Replicas,
            Arriving = [.. seen.Active.Where(pod => pod.IsArriving).Select(pod => pod.Pod.Name), .. Enumerable.Range(1, unborn).Select(EdgePod.Unborn)],
            Drains = drains,
        };
    }

    private static EdgeView ViewOf(EdgeRecord edge)
    {
        bool drains = edge.State == "draining";
        return new EdgeView(edge.Id, drains, edge.State == "ready", edge.Load.Allocations, drains);
    }

    private bool IsQuiet(EdgePod pod)
    {
        if (pod.Edge is not { Allocations: 0 } edge)
        {
            _idleSince.Remove(pod.Pod.Uid);
            return false;
        }
        _idleSince.TryAdd(pod.Pod.Uid, time.GetTimestamp());
        return edge.Drains || time.GetElapsedTime(_idleSince[pod.Pod.Uid]) >= QuietAfter;
    }

    private void Forget(List<EdgePod> pods)
    {
        foreach (string gone in _idleSince.Keys.Except(pods.Select(pod => pod.Pod.Uid)).ToArray())
        {
            _idleSince.Remove(gone);
        }
    }
}
