using Turnpike.Edge.Options;
using Turnpike.ServiceDefaults;

namespace Turnpike.Edge.Cluster;

/// <summary>
/// A store that is away makes an edge degraded, not unready: it goes on with what it knows. Only one that has never known anybody has
/// nothing to go on with.
/// </summary>
internal sealed class ClusterHealth(EdgeCluster cluster, EdgeSettings settings) : IServiceHealth
{
    public string? NotReadyReason => settings.HasOwnCredentials || cluster.IsInformed
        ? null
        : "the cluster's store has not been reached yet, and no credential is set here";

    public string? NotAliveReason => null;

    public string? DegradedReason => cluster.Store.IsAvailable ? null : $"the cluster's store is away: {cluster.Store.Reason}";
}
