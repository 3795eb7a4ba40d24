namespace Turnpike.LoadTest.Planning;

/// <summary>Reckons what so many allocations need.</summary>
internal sealed class Planner(PlanValues values)
{
    private const double Micro = 1e-6;
    private const double Gibi = 1024.0 * 1024 * 1024;
    private const double DaySeconds = 86_400;
    private const double HoursOfMonth = 730;
    private const double DecisionSeconds = 5;
    private const int LeastReplicas = 2;
    private const int MostClusters = 65_536;

    // Whether its own edges' number is told: joins, ready, drains, leaves.
    private const double ChangesOfEdge = 4;

    private readonly IReadOnlyList<PlanHour> _hours = PlanHour.Of(values);

    /// <summary>The plan.</summary>
    /// <param name="allocations">At the same time, at the peak.</param>
    public PlanFigures Of(double allocations)
    {
        Part whole = Reckon(allocations, 1);
        int clusters = 1;
        while (clusters < MostClusters && Reckon(allocations, clusters).Limits.Any(limit => limit.MoreClusters && limit.Share > 1))
        {
            clusters++;
        }

        double users = allocations * values[Constants.UsersPerAllocation];
        double gigabits = _hours.Max(hour => hour.Gigabits(allocations));
        double cores = whole.Edges * values[Constants.EdgeCores];
        double monthly = gigabits / 8 * values[Constants.MeanTraffic] * HoursOfMonth * 3600;
        int addresses = (int)(whole.Edges * values[Constants.EdgeAddresses]);
        int shards = (int)Math.Ceiling(Math.Max(1, Math.Max(
            whole.Load.Cores / (values[Constants.StoreBusy] / 100), whole.Memory.Total / values[Constants.StoreMemory])));
        // What is there is paid for, whether it is busy or not: whole replicas, and shards with theirs, a core each.
        double paid = values[Constants.MeanEdges];
        double copies = 1 + values[Constants.StoreReplicas];
        double other = HoursOfMonth * (((paid * cores) + (whole.Replicas * values[Constants.PlaneCores]) + (copies * shards)) * values[Constants.PricePerCore]
            + (copies * whole.Memory.Total * values[Constants.PricePerGibibyte]) + (paid * addresses * values[Constants.PricePerAddress]));
        double traffic = monthly * values[Constants.PricePerGigabyte];
        double realms = values[Constants.Realms] * (1 - Math.Exp(-users / whole.Edges / values[Constants.Realms]));
        double series = whole.Edges * (values[Constants.EdgeSeries] + (realms * values[Constants.RealmSeries]));
        return new PlanFigures
        {
            Allocations = allocations,
            Hours = _hours,
            Edges = whole.Edges,
            EdgeCores = cores,
            EdgeMemory = ((whole.Edges * values[Constants.IdleMemory] * 1024 * 1024) + (allocations * values[Constants.AllocationBytes]) + (users * values[Constants.UserBytes])) / Gibi,
            KernelMemory = allocations * values[Constants.SocketBytes] / Gibi,
            Addresses = addresses,
            Gigabits = gigabits,
            Packets = _hours.Max(hour => allocations * hour.Share * hour.Packets),
            AllocatesPerSecond = whole.Allocates,
            Demand = whole.Demand,
            Store = whole.Load,
            Memory = whole.Memory,
            StoreShards = shards,
            IssuedPerSecond = whole.Issued,
            PlaneCores = whole.PlaneCores,
            PlaneReplicas = whole.Replicas,
            Pods = whole.Edges + whole.Replicas,
            KubernetesCalls = whole.Edges * values[Constants.Turnover] / DaySeconds * values[Constants.PodCalls],
            Series = series,
            SeriesMemory = series * values[Constants.SeriesBytes] / Gibi,
            MonthlyGigabytes = monthly,
            TrafficPrice = traffic,
            OtherPrice = other,
            PricePerGigabyte = monthly == 0 ? 0 : (traffic + other) / monthly,
            Clusters = clusters,
            Limits = [.. whole.Limits.OrderByDescending(limit => limit.Share)],
        };
    }

    /// <summary>What one of so many equal clusters does.</summary>
    private Part Reckon(double allAllocations, int clusters)
    {
        double allocations = allAllocations / clusters;
        int edges = _hours.Max(hour => hour.Edges(allocations));
        double average = allocations / (values[Constants.CallMinutes] * 60);
        double allocates = average * values[Constants.PeakFactor];
        double users = allocations * values[Constants.UsersPerAllocation];

        double issued = allocates * values[Constants.Credentials];
        double room = values[Constants.PlaneCores] * values[Constants.PlaneBusy] / 100;
        double list = edges * values[Constants.ReadRecordCost] * Micro;
        double work = (issued * (values[Constants.IssueCost] + (edges * values[Constants.IssueEdgeCost])) * Micro)
            + (edges * values[Constants.DecideCost] / DecisionSeconds * Micro)
            + (values[Constants.Watchers] * edges * values[Constants.WatchEdgeCost] * Micro);
        // Each replica reads the list for itself: where that fills one, more of them do not help.
        int replicas = list >= room ? LeastReplicas : (int)Math.Max(LeastReplicas, Math.Ceiling(work / (room - list)));

        double changes = edges * values[Constants.Turnover] * ChangesOfEdge / DaySeconds * values[Constants.PeakFactor];
        // The largest realm is in one of the clusters, and as large as ever.
        PlanValues inside = values.With(Constants.LargestRealm, Math.Min(100, values[Constants.LargestRealm] * clusters));
        StoreDemand demand = new(edges, users, allocates, average, changes, replicas);
        StoreLoad load = new StoreModel(inside).Of(demand);
        var memory = StoreMemory.Of(values, users, edges);
        double realmMemory = Math.Max(1 / values[Constants.Realms], inside[Constants.LargestRealm] / 100) * (memory.Minutes + memory.Hours + memory.Days);
        double busy = values[Constants.StoreBusy] / 100;
        return new Part(edges, allocates, issued, work + (replicas * list), replicas, demand, load, memory,
        [
            .. load.HotSpots.Select(spot => new PlanLimit(spot.Name, spot.Cores / busy, !spot.Name.Contains("realm", StringComparison.Ordinal))),
            new PlanLimit("store: memory of the largest realm's usage, one slot", realmMemory / values[Constants.StoreMemory], MoreClusters: false),
            new PlanLimit("control plane: the list of edges in each replica", list / room, MoreClusters: true),
            new PlanLimit("Kubernetes: nodes, an edge each", edges / values[Constants.ClusterNodes], MoreClusters: true),
        ]);
    }

    private sealed record Part(
        int Edges,
        double Allocates,
        double Issued,
        double PlaneCores,
        int Replicas,
        StoreDemand Demand,
        StoreLoad Load,
        StoreMemory Memory,
        IReadOnlyList<PlanLimit> Limits);
}
