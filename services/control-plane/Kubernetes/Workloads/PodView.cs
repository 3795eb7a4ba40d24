using System.Globalization;
using k8s.Models;

namespace Turnpike.ControlPlane.Kubernetes.Workloads;

/// <summary>Where a pod is in its life.</summary>
internal enum PodPhase
{
    Pending,
    Unknown,
    Running,

    /// <summary>Over, whatever its result: it counts for nothing.</summary>
    Over,
}

/// <summary>What the scaler knows of a pod.</summary>
internal sealed record PodView
{
    public required string Name { get; init; }

    public string Uid { get; init; } = "";

    /// <summary>Empty: not scheduled yet.</summary>
    public string Node { get; init; } = "";

    /// <summary>Name of the ReplicaSet that made it.</summary>
    public string Owner { get; init; } = "";

    public PodPhase Phase { get; init; }

    public bool IsReady { get; init; }

    public bool IsTerminating { get; init; }

    public DrainMark? Drain { get; init; }

    /// <summary>0 where there is none.</summary>
    public int DeletionCost { get; init; }

    public string? SafeToEvict { get; init; }

    /// <summary>Null: its edge was never seen as a member of the cluster.</summary>
    public string? Busy { get; init; }

    /// <summary>Whether it counts as a replica.</summary>
    public bool IsActive => !IsTerminating && Phase != PodPhase.Over;

    public static PodView Of(V1Pod pod) => new()
    {
        Name = pod.Metadata.Name,
        Uid = pod.Metadata.Uid ?? "",
        Node = pod.Spec?.NodeName ?? "",
        Owner = pod.Metadata.OwnerReferences?.FirstOrDefault(owner => owner.Controller == true && owner.Kind == "ReplicaSet")?.Name ?? "",
        Phase = pod.Status?.Phase switch
        {
            "Running" => PodPhase.Running,
            "Succeeded" or "Failed" => PodPhase.Over,
            "Unknown" => PodPhase.Unknown,
            _ => PodPhase.Pending,
        },
        IsReady = pod.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) ?? false,
        IsTerminating = pod.Metadata.DeletionTimestamp is not null,
        Drain = DrainMark.Read(DeploymentView.Annotation(pod.Metadata, Marks.Drain), DeploymentView.Annotation(pod.Metadata, Marks.DrainUntil)),
        DeletionCost = int.TryParse(
            DeploymentView.Annotation(pod.Metadata, Marks.DeletionCost), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int cost) ? cost : 0,
        SafeToEvict = DeploymentView.Annotation(pod.Metadata, Marks.SafeToEvict),
        Busy = DeploymentView.Label(pod.Metadata, Marks.Busy),
    };
}
