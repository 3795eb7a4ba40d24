using k8s.Models;

namespace Turnpike.ControlPlane.Kubernetes.Workloads;

/// <summary>What the scaler knows of its Deployment.</summary>
internal sealed record DeploymentView
{
    public required string Name { get; init; }

    public string Uid { get; init; } = "";

    public string ResourceVersion { get; init; } = "";

    /// <summary><c>spec.replicas</c>.</summary>
    public int Replicas { get; init; }

    /// <summary>Its pods, as a label selector.</summary>
    public string Selector { get; init; } = "";

    /// <summary>Whether it is being deleted.</summary>
    public bool IsTerminating { get; init; }

    /// <summary>Whether there are, or will be, pods of two templates: which one goes with a smaller number is not sure then.</summary>
    public bool IsRollingOut { get; init; }

    /// <summary>The step under way.</summary>
    public Removal? Removing { get; init; }

    public static DeploymentView Of(V1Deployment deployment)
    {
        V1DeploymentStatus? status = deployment.Status;
        int replicas = deployment.Spec.Replicas ?? 1;
        bool isSeen = (status?.ObservedGeneration ?? 0) >= (deployment.Metadata.Generation ?? 0);
        return new DeploymentView
        {
            Name = deployment.Metadata.Name,
            Uid = deployment.Metadata.Uid ?? "",
            ResourceVersion = deployment.Metadata.ResourceVersion ?? "",
            Replicas = replicas,
            Selector = SelectorOf(deployment.Spec.Selector),
            IsTerminating = deployment.Metadata.DeletionTimestamp is not null,
            IsRollingOut = !isSeen || (status?.UpdatedReplicas ?? 0) < (status?.Replicas ?? 0),
            Removing = Removal.Read(Annotation(deployment.Metadata, Marks.Removing)),
        };
    }

    internal static string? Annotation(V1ObjectMeta metadata, string name) =>
        metadata.Annotations is { } annotations && annotations.TryGetValue(name, out string? value) ? value : null;

    internal static string? Label(V1ObjectMeta metadata, string name) =>
        metadata.Labels is { } labels && labels.TryGetValue(name, out string? value) ? value : null;

    private static string SelectorOf(V1LabelSelector? selector) => string.Join(',',
        (selector?.MatchLabels ?? new Dictionary<string, string>()).Select(label => $"{label.Key}={label.Value}")
            .Concat((selector?.MatchExpressions ?? []).Select(Expression)));

    private static string Expression(V1LabelSelectorRequirement requirement)
    {
        string values = string.Join(',', requirement.Values ?? []);
        return requirement.OperatorProperty switch
        {
            "In" => $"{requirement.Key} in ({values})",
            "NotIn" => $"{requirement.Key} notin ({values})",
            "DoesNotExist" => $"!{requirement.Key}",
            _ => requirement.Key,
        };
    }
}
