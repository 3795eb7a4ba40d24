using Turnpike.ControlPlane.Kubernetes.Workloads;

namespace Turnpike.ControlPlane.Kubernetes.Planning;

/// <summary>
/// Which pods a ReplicaSet deletes first when it has to have fewer: those that are not scheduled, then those that do not run, then those that
/// are not ready; the deletion cost decides only among equals in these.
/// </summary>
internal static class DeletionOrder
{
    /// <summary>The pods that would, or might, go before this one, once it has the lowest cost: an earlier victim may have that, too.</summary>
    public static IEnumerable<EdgePod> Before(EdgePod victim, IEnumerable<EdgePod> pods)
    {
        int rank = Rank(victim.Pod);
        return pods.Where(pod => pod.Pod.Uid != victim.Pod.Uid
            && (Rank(pod.Pod) < rank || (Rank(pod.Pod) == rank && pod.Pod.DeletionCost == Marks.LowestCost)));
    }

    private static int Rank(PodView pod) =>
        ((pod.Node.Length > 0 ? 1 : 0) * 100)
        + (pod.Phase switch { PodPhase.Pending => 0, PodPhase.Unknown => 1, _ => 2 } * 10)
        + (pod.IsReady ? 1 : 0);
}
