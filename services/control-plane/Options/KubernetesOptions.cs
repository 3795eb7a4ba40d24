using System.ComponentModel.DataAnnotations;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.ControlPlane.Options;

/// <summary>Whether the control plane acts on Kubernetes.</summary>
public enum KubernetesUse
{
    /// <summary>Where there is a workload to act on and an API server to ask.</summary>
    Auto,

    /// <summary>Yes, or it does not start.</summary>
    True,

    /// <summary>No.</summary>
    False,
}

/// <summary>Section <c>ControlPlane:Kubernetes</c>: the edges' workload and who of the replicas acts on it.</summary>
public sealed class KubernetesOptions : ISettingsSection
{
    internal const string NameForm = "1 to 253 of a-z 0-9 . -";

    /// <summary>Default auto: where a workload is named, in a pod or with KUBECONFIG.</summary>
    [Setting("Whether the control plane acts on the edges' Deployment; auto: where Workload is set, in a pod or where KUBECONFIG names a file")]
    public KubernetesUse Enabled { get; init; }

    /// <summary>Default none.</summary>
    [Setting("Name of the Deployment of the edges", Allowed = NameForm)]
    public string Workload { get; init; } = "";

    /// <summary>Default: that of the pod, or of the context of KUBECONFIG.</summary>
    [Setting("Namespace of the Deployment and of the Lease", Default = "the pod's own, or that of KUBECONFIG", Allowed = NameForm)]
    public string Namespace { get; init; } = "";

    /// <summary>Default: the workload's name and -scaler.</summary>
    [Setting("Name of the Lease that says which replica scales", Default = "the workload's name and -scaler", Allowed = NameForm)]
    public string LeaseName { get; init; } = "";

    /// <summary>Default 15, as Kubernetes' own controllers have it.</summary>
    [Setting("Time without renewal after which another replica scales", Unit = "seconds")]
    [Range(3, 300)]
    public int LeaseDuration { get; init; } = 15;

    /// <summary>Default 10: whoever cannot renew stops before another one may begin.</summary>
    [Setting("Time without renewal after which the replica that scales stops; less than LeaseDuration", Unit = "seconds")]
    [Range(2, 299)]
    public int RenewDeadline { get; init; } = 10;

    /// <summary>Default 2.</summary>
    [Setting("Time between two tries to get or to renew the Lease; less than RenewDeadline", Unit = "seconds")]
    [Range(1, 60)]
    public int RetryPeriod { get; init; } = 2;

    /// <summary>Default 3600, as <c>Edge:Drain:Deadline</c>: calls rarely last longer than an hour.</summary>
    [Setting("Time that the allocations of an edge have to end when it is to go; what is left then is cut", Unit = "seconds")]
    [Range(0, 604_800)]
    public int DrainDeadline { get; init; } = 3600;
}
