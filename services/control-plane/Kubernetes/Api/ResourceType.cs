namespace Turnpike.ControlPlane.Kubernetes.Api;

/// <summary>One kind of objects, as it stands in the API's paths and in roles.</summary>
/// <param name="Group">Empty for the core group.</param>
/// <param name="Version">Such as v1.</param>
/// <param name="Plural">Such as deployments.</param>
internal sealed record ResourceType(string Group, string Version, string Plural)
{
    public static readonly ResourceType Deployments = new("apps", "v1", "deployments");
    public static readonly ResourceType Pods = new("", "v1", "pods");
    public static readonly ResourceType Nodes = new("", "v1", "nodes");
    public static readonly ResourceType Events = new("", "v1", "events");
    public static readonly ResourceType Leases = new("coordination.k8s.io", "v1", "leases");
    public static readonly ResourceType HorizontalPodAutoscalers = new("autoscaling", "v2", "horizontalpodautoscalers");
    public static readonly ResourceType ScaledObjects = new("keda.sh", "v1alpha1", "scaledobjects");

    /// <summary>As roles are spoken of: <c>deployments.apps</c>.</summary>
    public override string ToString() => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    /// <summary>The path of all of them, or of one, or of a part of one.</summary>
    public string Path(string? ns, string? name = null, string? subresource = null)
    {
        string root = Group.Length == 0 ? $"api/{Version}" : $"apis/{Group}/{Version}";
        string path = ns is null ? $"{root}/{Plural}" : $"{root}/namespaces/{Uri.EscapeDataString(ns)}/{Plural}";
        path += name is null ? "" : $"/{Uri.EscapeDataString(name)}";
        return subresource is null ? path : $"{path}/{subresource}";
    }
}
