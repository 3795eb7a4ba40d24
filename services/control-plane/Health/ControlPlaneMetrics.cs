using System.Diagnostics.Metrics;
using Turnpike.Cluster;
using Turnpike.ControlPlane.Fleet;
using Turnpike.ControlPlane.Options;
using Turnpike.ControlPlane.Usage;
using Turnpike.ServiceDefaults;

namespace Turnpike.ControlPlane.Health;

/// <summary>What this process is, and what it sees: the store, the edges, the logs.</summary>
internal sealed class ControlPlaneMetrics
{
    private const string StaleState = "stale";
    private static readonly string[] States = ["ready", "draining", "not-ready", StaleState];

    private readonly EdgeDirectory _edges;
    private readonly TimeProvider _time;
    private readonly long _maxReportAge;

    public ControlPlaneMetrics(
        IMeterFactory meters, ServiceIdentity identity, ClusterStore store, EdgeDirectory edges, EventFeeds feeds, ControlPlaneSettings settings, TimeProvider time)
    {
        (_edges, _time, _maxReportAge) = (edges, time, settings.Options.Scaling.MaxReportAge);
        Meter meter = meters.Create("Turnpike.ControlPlane");
        BuildInfo.Add(meters, "control_plane", identity);
        meter.CreateObservableGauge(
            "turnpike.control_plane.store_available", () => store.IsAvailable ? 1 : 0, description: "1 while the cluster's store is available, else 0");
        StoreInstruments.Add(meter, "turnpike.control_plane", store);
        meter.CreateObservableGauge(
            "turnpike.control_plane.edges", Edges, description: "Edges as last read, by state; one that has not told its load lately is stale, whatever its state");
        meter.CreateObservableGauge(
            "turnpike.control_plane.edge_left_timestamp_seconds", Left, description: "Unix time at which an edge left that had drained, of those of the last 20 minutes, by name");
        meter.CreateObservableGauge(
            "turnpike.control_plane.event_log_lag_seconds",
            () => feeds.LagSeconds,
            description: "Time since the event logs that are followed here were last read to their end, of the one that waits longest; 0 where none is followed");
    }

    private IEnumerable<Measurement<long>> Edges()
    {
        long oldest = _time.GetUtcNow().ToUnixTimeSeconds() - _maxReportAge;
        ILookup<string, EdgeRecord> byState = _edges.Current.ToLookup(edge => edge.Load.ReportedAt < oldest ? StaleState : edge.State);
        return States.Select(state => new Measurement<long>(byState[state].Count(), new KeyValuePair<string, object?>("state", state)));
    }

    private IEnumerable<Measurement<double>> Left() =>
        _edges.Left.Select(edge => new Measurement<double>(edge.Value, new KeyValuePair<string, object?>("edge", edge.Key)));
}
