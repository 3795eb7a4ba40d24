using System.Numerics;
using Turnpike.ControlPlane.Kubernetes.Workloads;

namespace Turnpike.ControlPlane.Kubernetes.Planning;

/// <summary>
/// Marks that tell others how busy an edge is: whoever evicts pods leaves busy ones alone, and whoever lowers the number by hand, or another
/// autoscaler, loses the emptiest first.
/// </summary>
internal static class Upkeep
{
    private const int EmptiedCost = -10;
    private const int CostOfDoubling = 10;

    // A load that moves around a border does not move the cost each time.
    private const double Slack = 0.2;

    /// <summary>The next pod whose marks are not right; null where all are.</summary>
    public static MarkPod? Next(Observation seen) => seen.EdgesAreFresh
        ? seen.Active.Select(pod => Of(pod, seen.Deployment?.Removing)).OfType<MarkPod>().FirstOrDefault()
        : null;

    /// <summary>The deletion cost alone.</summary>
    public static IReadOnlyDictionary<string, string?> Cost(int cost) => new Dictionary<string, string?> { [Marks.DeletionCost] = Marks.Text(cost) };

    private static MarkPod? Of(EdgePod pod, Removal? removal)
    {
        bool isVictim = pod.Pod.Uid == removal?.Uid;
        if (pod.Edge is not { } edge)
        {
            return pod.Pod.DeletionCost == Marks.LowestCost && !isVictim ? new MarkPod(pod, Cost(0), null, $"{pod.Pod.Name} is not the first to go") : null;
        }
        bool isBusy = edge.Allocations > 0;
        bool wasBusy = pod.Pod.Busy == Marks.Text(true);
        if (!isBusy && wasBusy && !pod.IsQuiet)
        {
            isBusy = true; // So far: between two calls nothing is written.
        }
        int cost = isVictim ? pod.Pod.DeletionCost : CostOf(edge, isBusy, pod.Pod.DeletionCost);
        if (pod.Pod.Busy == Marks.Text(isBusy) && pod.Pod.SafeToEvict == Marks.Text(!isBusy) && pod.Pod.DeletionCost == cost)
        {
            return null;
        }
        return new MarkPod(
            pod,
            new Dictionary<string, string?> { [Marks.SafeToEvict] = Marks.Text(!isBusy), [Marks.DeletionCost] = Marks.Text(cost) },
            Marks.Text(isBusy),
            $"{pod.Pod.Name} has {edge.Allocations} allocations");
    }

    private static int CostOf(EdgeView edge, bool isBusy, int before)
    {
        if (!isBusy)
        {
            return edge.Drains ? EmptiedCost : 0;
        }
        long allocations = Math.Max(edge.Allocations, 1);
        int known = (before / CostOfDoubling) - 1;
        bool stays = before > 0 && before % CostOfDoubling == 0 && known < 62
            && allocations >= (1L << known) * (1 - Slack) && allocations <= (1L << (known + 1)) * (1 + Slack);
        return stays ? before : CostOfDoubling * (1 + BitOperations.Log2((ulong)allocations));
    }
}
