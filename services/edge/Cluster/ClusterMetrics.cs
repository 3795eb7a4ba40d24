using System.Diagnostics.Metrics;
using Turnpike.Cluster;

namespace Turnpike.Edge.Cluster;

/// <summary>How the edge and its cluster get on, as instruments.</summary>
internal static class ClusterMetrics
{
    /// <summary>Makes the instruments.</summary>
    /// <param name="meters">Where they belong.</param>
    /// <param name="cluster">What they look at.</param>
    /// <param name="heartbeatAge">Seconds since the last heartbeat.</param>
    public static void Add(IMeterFactory meters, EdgeCluster cluster, Func<double> heartbeatAge)
    {
        Meter meter = meters.Create("Turnpike.Edge");

        Gauge("available", "1 while the cluster's store is available, 0 while the edge is degraded", () => cluster.Store.IsAvailable ? 1 : 0);
        StoreInstruments.Add(meter, "turnpike.edge.cluster", cluster.Store);
        Real("heartbeat_age_seconds", "Time since the store took a heartbeat", heartbeatAge);
        Gauge("edges", "Edges that are members, this one included, as last known", () => cluster.Edges);
        Gauge("leases", "Allocations that this edge holds of the cluster's quotas", () => cluster.Ledger.Statistics.InUse);
        Counter("local_grants", "Allocations granted by the local share of a quota, without the store",
            () => [new(cluster.Ledger.Statistics.GrantedLocally)]);
        Real("usage_lag_seconds", "Age of the oldest usage that the store does not have yet", () => cluster.Usage.Statistics.LagSeconds);
        Gauge("usage_rows", "Rows of usage that the store does not have yet", () => cluster.Usage.Statistics.RowsWaiting);
        Gauge("events_waiting", "Lifecycle events that the store does not have yet", () => cluster.Events.Statistics.Waiting);
        Counter("events_dropped", "Lifecycle events dropped because too many waited", () => [new(cluster.Events.Statistics.Dropped)]);
        Gauge("revocations", "Revocations in force", () => cluster.Revoker.Revoked.Count);
        Counter("revoked_allocations", "Allocations ended because what they were made with was revoked", () => [new(cluster.Revoker.Ended)]);
        Gauge("realms", "Realms that are served, the edge's own included", () => cluster.Realms.Realms.Count);
        Gauge("parked", "Requests that wait for the store", () => cluster.Parked);

        void Counter(string name, string description, Func<IEnumerable<Measurement<long>>> measure) =>
            meter.CreateObservableCounter($"turnpike.edge.cluster.{name}", measure, description: description);

        void Gauge(string name, string description, Func<long> measure) =>
            meter.CreateObservableGauge($"turnpike.edge.cluster.{name}", measure, description: description);

        void Real(string name, string description, Func<double> measure) =>
            meter.CreateObservableGauge($"turnpike.edge.cluster.{name}", measure, description: description);
    }
}
