using Turnpike.Cluster;
using Turnpike.ServiceDefaults;

namespace Turnpike.ControlPlane.Health;

/// <summary>
/// Once the store has been reached, its absence makes a replica degraded, not unready: all of them would go at once, and callers would
/// find nobody instead of an UNAVAILABLE that says when to come back.
/// </summary>
internal sealed class ControlPlaneHealth(ClusterStore store) : IServiceHealth
{
    private volatile bool _reached;

    public string? NotReadyReason =>
        (_reached |= store.IsAvailable) ? null : $"the cluster's store has not been reached yet: {store.Reason}";

    public string? NotAliveReason => null;

    public string? DegradedReason => store.IsAvailable ? null : $"the cluster's store is away: {store.Reason}";
}
