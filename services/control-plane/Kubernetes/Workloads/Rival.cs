using System.Text.Json.Serialization;
using k8s.Models;

namespace Turnpike.ControlPlane.Kubernetes.Workloads;

/// <summary>Something else that scales a workload.</summary>
/// <param name="What">Such as HorizontalPodAutoscaler/edges.</param>
/// <param name="TargetKind">The kind of what it scales.</param>
/// <param name="TargetName">The name of what it scales.</param>
internal sealed record Rival(string What, string TargetKind, string TargetName)
{
    public static Rival Of(V2HorizontalPodAutoscaler autoscaler) => new(
        $"HorizontalPodAutoscaler/{autoscaler.Metadata.Name}", autoscaler.Spec?.ScaleTargetRef?.Kind ?? "", autoscaler.Spec?.ScaleTargetRef?.Name ?? "");

    /// <summary>KEDA's default kind is Deployment.</summary>
    public static Rival Of(ScaledObject scaled) => new(
        $"ScaledObject/{scaled.Metadata.Name}", scaled.Spec?.ScaleTargetRef?.Kind ?? "Deployment", scaled.Spec?.ScaleTargetRef?.Name ?? "");

    public bool Scales(string deployment) => TargetKind == "Deployment" && TargetName == deployment;
}

/// <summary>KEDA's ScaledObject, as far as it matters here.</summary>
internal sealed record ScaledObject : IMetadata<V1ObjectMeta>
{
    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = new();

    [JsonPropertyName("spec")]
    public ScaledObjectSpec? Spec { get; init; }
}

internal sealed record ScaledObjectSpec
{
    [JsonPropertyName("scaleTargetRef")]
    public ScaledObjectTarget? ScaleTargetRef { get; init; }
}

internal sealed record ScaledObjectTarget
{
    [JsonPropertyName("kind")]
    public string? Kind { get; init; }

    [JsonPropertyName("name")]
    public string? Name { get; init; }
}
