using Turnpike.Cluster;
using Turnpike.ControlPlane.Fleet;
using Turnpike.Scaling;

namespace Turnpike.ControlPlane.Scaling;

/// <summary>Makes the scaling function's view of the fleet from the edges' own reports and from what Kubernetes knows.</summary>
public sealed class FleetSnapshots(IEdgeDirectory directory, IWorkloadSource workload, ClusterStore store, TimeProvider time)
{
    // An order is given once and stays for as long as the edge drains.
    private static readonly TimeSpan OrdersKept = TimeSpan.FromSeconds(10);

    // Who vanished without draining may come back: a store that lost what it held, or an edge that lost the store, is no fall of the load.
    private static readonly TimeSpan Missed = TimeSpan.FromMinutes(2);

    private readonly OrderBook _orders = new(store);
    private readonly Lock _gate = new();
    private Dictionary<string, Report> _reports = new(StringComparer.Ordinal);
    private Dictionary<string, Ordered> _ordered = new(StringComparer.Ordinal);
    private Dictionary<string, DateTimeOffset> _serving = new(StringComparer.Ordinal);
    private DateTimeOffset _readAt = DateTimeOffset.MinValue;

    /// <summary>
    /// The fleet now. Where nobody else says why an edge drains, its orders do: one without an order to drain does so because its process
    /// was told to end.
    /// </summary>
    /// <exception cref="StoreException">The store is away, and some edge drains of which it must be asked why.</exception>
    public async Task<FleetSnapshot> TakeAsync()
    {
        Workload? known = workload.Current;
        DateTimeOffset now = time.GetUtcNow();
        string[] unknown;
        lock (_gate)
        {
            unknown =
            [
                .. directory.Current.Where(edge => edge.State == "draining" && known?.Drains.ContainsKey(edge.Id) != true)
                    .Select(edge => edge.Id).Where(id => !_ordered.TryGetValue(id, out Ordered? ordered) || now - ordered.At > OrdersKept),
            ];
        }
        (string Id, bool IsOrdered)[] answers = await Task.WhenAll(unknown.Select(async id => (id, (await _orders.ReadAsync(id)).OfType<DrainOrder>().Any())));
        lock (_gate)
        {
            HashSet<string> there = [.. directory.Current.Select(edge => edge.Id)];
            Dictionary<string, Ordered> ordered = _ordered.Where(entry => there.Contains(entry.Key)).ToDictionary(StringComparer.Ordinal);
            foreach ((string id, bool isOrdered) in answers)
            {
                ordered[id] = new Ordered(isOrdered, now);
            }
            _ordered = ordered;
        }
        return Take();
    }

    /// <summary>The fleet now; an edge that drains, and nobody has said why, does so by somebody's order.</summary>
    public FleetSnapshot Take()
    {
        Workload? known = workload.Current;
        DateTimeOffset now = time.GetUtcNow();
        lock (_gate)
        {
            bool fresh = directory.IsFresh;
            _readAt = fresh ? now : _readAt;
            IReadOnlyList<EdgeRecord> edges = directory.Current;
            _reports = edges.ToDictionary(edge => edge.Id, edge => Seen(edge, now), StringComparer.Ordinal);
            FleetEdge[] fleet = [.. edges.Select(edge => Of(edge, known))];
            return new FleetSnapshot
            {
                ReadAt = _readAt,
                IsFresh = fresh && known?.IsFresh != false,
                Edges = fleet,
                Replicas = known?.Replicas ?? (Vanished(fleet, now) is > 0 and int vanished ? fleet.Count(edge => edge.Drain != EdgeDrain.Ending) + vanished : null),
                Arriving = known?.Arriving ?? [],
            };
        }
    }

    private FleetEdge Of(EdgeRecord edge, Workload? known) => new()
    {
        Id = edge.Id,
        Name = edge.Name,
        State = edge.State switch { "ready" => EdgeState.Ready, "draining" => EdgeState.Draining, _ => EdgeState.NotReady },
        Drain = known is not null && known.Drains.TryGetValue(edge.Id, out EdgeDrain drain) ? drain
            : edge.State != "draining" ? EdgeDrain.None
            : _ordered.TryGetValue(edge.Id, out Ordered? ordered) && !ordered.IsOrdered ? EdgeDrain.Ending : EdgeDrain.Ordered,
        Degraded = edge.Degraded,
        GoesFirst = known?.GoFirst.Contains(edge.Id) == true,
        ReportedAt = _reports[edge.Id].SeenAt,
        Capacity = new Figures(edge.Capacity.Allocations, edge.Capacity.RelayPorts, edge.Capacity.PacketsPerSecond, edge.Capacity.BitsPerSecond, 1),
        Load = new Figures(edge.Load.Allocations, edge.Load.RelayPortsUsed, edge.Load.PacketsPerSecond, edge.Load.BitsPerSecond, edge.Load.ShardBusy),
    };

    // Replicas that nobody but the edges themselves tells of, and that do not drain.
    private int Vanished(FleetEdge[] fleet, DateTimeOffset now)
    {
        HashSet<string> there = [.. fleet.Select(edge => edge.Name)];
        Dictionary<string, DateTimeOffset> serving = _serving.Where(entry => !there.Contains(entry.Key) && now - entry.Value < Missed).ToDictionary(StringComparer.Ordinal);
        int vanished = serving.Count;
        foreach (FleetEdge edge in fleet.Where(edge => edge.Drain == EdgeDrain.None))
        {
            serving[edge.Name] = now;
        }
        _serving = serving;
        return vanished;
    }

    // Edges date their reports by their own clocks, which need not be right: what counts is when a report was another one than before.
    private Report Seen(EdgeRecord edge, DateTimeOffset now) => edge.Load.ReportedAt == 0 ? new Report(0, null)
        : _reports.TryGetValue(edge.Id, out Report? last) && last.ReportedAt == edge.Load.ReportedAt ? last
        : new Report(edge.Load.ReportedAt, now);

    private sealed record Report(long ReportedAt, DateTimeOffset? SeenAt);

    private sealed record Ordered(bool IsOrdered, DateTimeOffset At);
}
