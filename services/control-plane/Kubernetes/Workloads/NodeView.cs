using k8s.Models;

namespace Turnpike.ControlPlane.Kubernetes.Workloads;

/// <summary>What the scaler knows of a node.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Leaves">Why it is to go, as words; null where it stays.</param>
/// <param name="IsUrgent">Whether somebody has already begun to take it away, so that there is no time for a replacement first.</param>
internal sealed record NodeView(string Name, string? Leaves, bool IsUrgent)
{
    // Taints by which autoscalers say that they have begun.
    private static readonly string[] EndingTaints = ["ToBeDeletedByClusterAutoscaler", "karpenter.sh/disrupted", "karpenter.sh/disruption"];

    public static NodeView Of(V1Node node)
    {
        V1Taint? ending = node.Spec?.Taints?.FirstOrDefault(taint => EndingTaints.Contains(taint.Key, StringComparer.Ordinal));
        string? leaves =
            node.Metadata.DeletionTimestamp is not null ? "is being deleted"
            : ending is not null ? $"has the taint {ending.Key}"
            : node.Spec?.Unschedulable == true ? "is cordoned"
            : null;
        return new NodeView(node.Metadata.Name, leaves, node.Metadata.DeletionTimestamp is not null || ending is not null);
    }
}
