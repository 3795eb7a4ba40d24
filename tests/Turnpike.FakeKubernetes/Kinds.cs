namespace Turnpike.FakeKubernetes;

/// <summary>A kind of objects that the server serves.</summary>
/// <param name="Group">Empty for the core group.</param>
/// <param name="Version">Such as v1.</param>
/// <param name="Plural">As in paths.</param>
/// <param name="Name">As in objects.</param>
/// <param name="IsNamespaced">Whether objects belong to a namespace.</param>
public sealed record Kind(string Group, string Version, string Plural, string Name, bool IsNamespaced = true)
{
    public static readonly Kind Pods = new("", "v1", "pods", "Pod");
    public static readonly Kind Nodes = new("", "v1", "nodes", "Node", IsNamespaced: false);
    public static readonly Kind Events = new("", "v1", "events", "Event");
    public static readonly Kind Deployments = new("apps", "v1", "deployments", "Deployment");
    public static readonly Kind ReplicaSets = new("apps", "v1", "replicasets", "ReplicaSet");
    public static readonly Kind Leases = new("coordination.k8s.io", "v1", "leases", "Lease");
    public static readonly Kind Autoscalers = new("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler");

    /// <summary>KEDA's: served only where its definition is installed.</summary>
    public static readonly Kind ScaledObjects = new("keda.sh", "v1alpha1", "scaledobjects", "ScaledObject");

    public static IReadOnlyList<Kind> BuiltIn { get; } = [Pods, Nodes, Events, Deployments, ReplicaSets, Leases, Autoscalers];

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>As roles name it.</summary>
    public string Resource => Group.Length == 0 ? Plural : $"{Plural}.{Group}";
}
