namespace Turnpike.LoadTest.Simulation;

/// <summary>What a run of the simulation comes to.</summary>
internal sealed class SimulationTotals(StoreDay store)
{
    // A point of the plots every five minutes.
    private const double PointSeconds = 300;
    private long _refusedBefore;

    public long Offered { get; set; }

    public long Refused { get; set; }

    public long DroppedByScaling { get; set; }

    public long DroppedByFailures { get; set; }

    public long EdgeSteps { get; set; }

    /// <summary>The fewest edges that could carry the calls of each step, if calls could move: what nobody can do.</summary>
    public long LeastEdgeSteps { get; private set; }

    public List<SimulationPoint> Points { get; } = [];

    /// <summary>What the store was asked.</summary>
    public StoreDay Store => store;

    public double RefusedShare => Offered == 0 ? 0 : (double)Refused / Offered;

    public void Sample(SimulatedFleet fleet)
    {
        int least = (int)Math.Ceiling(fleet.Calls / fleet.CallsPerEdge);
        LeastEdgeSteps += least;
        if (fleet.Step % Math.Max(1, (int)(PointSeconds / fleet.Demand.Step)) == 0)
        {
            Points.Add(new SimulationPoint(fleet.Step * fleet.Demand.Step, least, fleet.Ready, fleet.Relays.Count, Refused - _refusedBefore));
            _refusedBefore = Refused;
        }
    }
}

/// <summary>One moment.</summary>
/// <param name="Seconds">When.</param>
/// <param name="Least">Edges that could carry the calls, were they full.</param>
/// <param name="Ready">Edges that take calls.</param>
/// <param name="Paid">Edges that are paid for: those on their way and those that drain too.</param>
/// <param name="Refused">Calls refused since the point before.</param>
internal readonly record struct SimulationPoint(double Seconds, int Least, int Ready, int Paid, long Refused);
