namespace Turnpike.ControlPlane.Kubernetes.Planning;

/// <summary>What the plan is bound by.</summary>
/// <param name="Workload">The Deployment's name, for words.</param>
/// <param name="Scales">Whether the scaler changes the number of replicas; else it only looks after marks and leaving nodes.</param>
/// <param name="MinReplicas">There must be no fewer.</param>
/// <param name="MaxReplicas">There must be no more.</param>
/// <param name="DrainDeadline">How long a drain lasts at most.</param>
internal sealed record PlanRules(string Workload, bool Scales, int MinReplicas, int MaxReplicas, TimeSpan DrainDeadline)
{
    /// <summary>How long a cordoned node's edge goes on while its replacement comes.</summary>
    public TimeSpan ReplacementLimit { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>What an edge that is silent since its drain's deadline may need to end what it has.</summary>
    public TimeSpan SilentGrace { get; init; } = TimeSpan.FromMinutes(1);
}
