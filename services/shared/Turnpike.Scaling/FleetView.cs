namespace Turnpike.Scaling;

/// <summary>A snapshot in the terms in which it is decided upon, with numbers that can be reckoned with.</summary>
internal sealed class FleetView
{
    // Outside of these no load or capacity is meant, and sums and quotients would lose their digits.
    private const double Largest = 1e18;
    private const double Smallest = 1e-9;

    private readonly List<FleetEdge> _unreadable = [];
    private readonly double[][] _capacities;
    private readonly double[] _loads;

    public FleetView(FleetSnapshot fleet)
    {
        Edges = [.. fleet.Edges.Select(Readable)];
        Members = [.. Edges.Where(edge => edge.Drain != EdgeDrain.Ending)];
        Arriving = fleet.Arriving;
        Current = Math.Clamp(fleet.Replicas ?? Members.Count, 0, Bounds.Most);
        Draining = [.. Members.Where(edge => edge.Drain != EdgeDrain.None)];
        InService = Math.Max(0, Current - Draining.Count);
        Serving = [.. Members.Where(edge => edge.Drain == EdgeDrain.None)];
        Ready = [.. Serving.Where(edge => edge.State == EdgeState.Ready)];
        Missing = fleet.Replicas is null ? 0 : Math.Max(0, Current - Members.Count - Arriving.Count);
        _loads = [.. Figures.Dimensions.Select(dimension => Edges.Sum(edge => edge.Load[dimension]))];
        _capacities = [.. Figures.Dimensions.Select(dimension => Known(Ready, dimension).Order().ToArray())];
    }

    /// <summary>All that are members.</summary>
    public IReadOnlyList<FleetEdge> Edges { get; }

    /// <summary>Those that are replicas: all but those whose process ends.</summary>
    public IReadOnlyList<FleetEdge> Members { get; }

    /// <summary>Members that do not drain, whether they can serve or not.</summary>
    public IReadOnlyList<FleetEdge> Serving { get; }

    /// <summary>Members that take new allocations.</summary>
    public IReadOnlyList<FleetEdge> Ready { get; }

    /// <summary>Replicas that drain.</summary>
    public IReadOnlyList<FleetEdge> Draining { get; }

    public IReadOnlyList<string> Arriving { get; }

    /// <summary>Edges with a load that is no number.</summary>
    public IReadOnlyList<FleetEdge> Unreadable => _unreadable;

    /// <summary>Replicas.</summary>
    public int Current { get; }

    /// <summary>Replicas that do not drain.</summary>
    public int InService { get; }

    /// <summary>Replicas of which nothing is heard.</summary>
    public int Missing { get; }

    /// <summary>What one edge carries at most, on average; null where no edge says.</summary>
    public double? EdgeCapacity(Dimension dimension)
    {
        double[] known = Capacities(dimension);
        if (known.Length == 0)
        {
            known = [.. Known(Members, dimension)];
        }
        return known.Length == 0 ? null : known.Average();
    }

    /// <summary>What the edges that take new allocations carry at most, the smallest first.</summary>
    public double[] Capacities(Dimension dimension) => _capacities[(int)dimension];

    /// <summary>
    /// The load of all edges. That of draining ones is in it: their calls stay where they are, but whoever calls next comes elsewhere, and a
    /// fleet that forgot them would shrink below what it is called for.
    /// </summary>
    public double Load(Dimension dimension) => _loads[(int)dimension];

    private static IEnumerable<double> Known(IReadOnlyList<FleetEdge> edges, Dimension dimension) =>
        edges.Select(edge => edge.Capacity[dimension]).Where(capacity => capacity > 0);

    private FleetEdge Readable(FleetEdge edge)
    {
        if (IsPlain(edge.Load) && IsPlain(edge.Capacity) && edge is not { State: EdgeState.Draining, Drain: EdgeDrain.None })
        {
            return edge;
        }
        bool readable = Figures.Dimensions.All(dimension => edge.Load[dimension] >= 0 && double.IsFinite(edge.Load[dimension]));
        if (!readable && edge.Drain != EdgeDrain.Ending)
        {
            _unreadable.Add(edge);
        }
        return edge with
        {
            Load = Figures.Of(dimension => Number(edge.Load[dimension])),
            Capacity = Figures.Of(dimension => Number(edge.Capacity[dimension])),
            // One that drains, and nobody here said that it should, does so by somebody else's order.
            Drain = edge is { State: EdgeState.Draining, Drain: EdgeDrain.None } ? EdgeDrain.Ordered : edge.Drain,
        };
    }

    // Most are, and need no copy.
    private static bool IsPlain(in Figures figures) => IsPlain(figures.Allocations) && IsPlain(figures.RelayPorts) && IsPlain(figures.PacketsPerSecond)
        && IsPlain(figures.BitsPerSecond) && IsPlain(figures.ShardBusy);

    private static bool IsPlain(double value) => value is 0 or (> Smallest and <= Largest);

    private static double Number(double value) => double.IsFinite(value) && value > Smallest ? Math.Min(value, Largest) : 0;
}
