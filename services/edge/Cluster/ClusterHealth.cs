using Turnpike.Edge.Options;
using Turnpike.ServiceDefaults;

namespace Turnpike.Edge.Cluster;

/// <summary>
/// A store that is away makes an edge degraded, not unready: it goes on with what it knows. Only one that has never known anybody has
/// nothing to go on with; and one that has just started waits for the first reading, because it would answer issued credentials with 500.
/// </summary>
internal sealed class ClusterHealth(EdgeCluster cluster, EdgeSettings settings) : IServiceHealth
{
    /// <summary>
    /// How long an edge with credentials of its own waits for a store that neither answers nor fails. A reading takes milliseconds, and by default
    /// connecting and a command fail after 2 s each; no settings of theirs may keep a fleet from starting.
    /// </summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // Not taken back: a store that comes and goes while it is read for the first time does not make the edge do the same.
    private volatile bool _isServing;

    public string? NotReadyReason
    {
        get
        {
            _isServing |= cluster.IsInformed || (settings.HasOwnCredentials && (cluster.Store.WasAway || cluster.Age >= Patience));
            return _isServing ? null
                : settings.HasOwnCredentials ? "the cluster has not been read yet"
                : "the cluster's store has not been reached yet, and no credential is set here";
        }
    }

    public string? NotAliveReason => null;

    public string? DegradedReason => cluster.Store.IsAvailable ? null : $"the cluster's store is away: {cluster.Store.Reason}";
}
