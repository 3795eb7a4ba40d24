using Turnpike.ControlPlane.Kubernetes.Workloads;

namespace Turnpike.ControlPlane.Kubernetes.Planning;

/// <summary>The edge of a pod.</summary>
/// <param name="Id">Name and incarnation.</param>
/// <param name="Drains">Whether it says that it drains.</param>
/// <param name="IsReady">Whether it says that it takes allocations.</param>
/// <param name="Allocations">Allocations that it has.</param>
/// <param name="IsOrdered">Whether it is ordered to drain.</param>
internal sealed record EdgeView(string Id, bool Drains, bool IsReady, long Allocations, bool IsOrdered)
{
    /// <summary>It takes no more allocations and has none.</summary>
    public bool IsEmptied => Drains && Allocations == 0;
}

/// <summary>A pod, its edge and its node.</summary>
internal sealed record EdgePod(PodView Pod)
{
    /// <summary>Null: no member of the cluster has its name.</summary>
    public EdgeView? Edge { get; init; }

    /// <summary>Its node, where that is to go.</summary>
    public NodeView? LeavingNode { get; init; }

    /// <summary>Without allocations for so long that it is worth saying; a moment between two calls is not.</summary>
    public bool IsQuiet { get; init; }

    /// <summary>Its edge never was a member: the label is written as soon as it is one.</summary>
    public bool IsArriving => Pod.Drain is null && Edge is null && Pod.Busy is null;

    /// <summary>The name of a replica that there is no pod for yet.</summary>
    public static string Unborn(int number) => $"+{number}";

    /// <summary>Whether a name is one of those; no pod's name begins so.</summary>
    public static bool IsUnborn(string name) => name.StartsWith('+');
}

/// <summary>The workload, its pods and their edges at one moment.</summary>
internal sealed record Observation
{
    public required DateTimeOffset Now { get; init; }

    /// <summary>Null: there is no such Deployment.</summary>
    public DeploymentView? Deployment { get; init; }

    /// <summary>Pods of the Deployment, those that are ending among them.</summary>
    public IReadOnlyList<EdgePod> Pods { get; init; } = [];

    /// <summary>What else scales the Deployment.</summary>
    public IReadOnlyList<string> Rivals { get; init; } = [];

    /// <summary>Whether the edges were read from the store a moment ago.</summary>
    public bool EdgesAreFresh { get; init; } = true;

    /// <summary>Pods that count as replicas.</summary>
    public IEnumerable<EdgePod> Active => Pods.Where(pod => pod.Pod.IsActive);

    public EdgePod? Find(string uid) => Active.FirstOrDefault(pod => pod.Pod.Uid == uid);
}
