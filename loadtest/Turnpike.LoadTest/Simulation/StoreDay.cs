using Turnpike.LoadTest.Planning;

namespace Turnpike.LoadTest.Simulation;

/// <summary>What the simulated fleet asks of the store, step by step, by the costs that the plan has too.</summary>
internal sealed class StoreDay(PlanValues values, double edgeAllocations)
{
    // What the plan says of a fleet of a middling size.
    private const double Replicas = 3;

    private readonly StoreModel _model = new(values);
    private readonly List<StoreMoment> _moments = [];

    /// <summary>The step in which a part of the fleet fails at once; null where none does.</summary>
    public StoreMoment? Failure { get; private set; }

    public double MeanAllocations => _moments.Average(moment => moment.Demand.Users);

    public double MostAllocations => _moments.Max(moment => moment.Demand.Users);

    /// <summary>Allocates of the worst step, as a multiple of what the most allocations need on average.</summary>
    public double PeakFactor => _moments.Max(moment => moment.Demand.Allocates) / Average(MostAllocations);

    public void Add(double seconds, int edges, int calls, double allocates, double ends, double changes, bool isFailure)
    {
        StoreDemand demand = new(edges, calls, allocates, ends, changes, Replicas);
        StoreMoment moment = new(seconds, demand, _model.Of(demand));
        _moments.Add(moment);
        Failure = isFailure ? moment : Failure;
    }

    public double Mean(Func<StoreMoment, double> figure) => _moments.Average(figure);

    public StoreMoment Peak(Func<StoreMoment, double> figure) => _moments.MaxBy(figure)!;

    /// <summary>What the plan reckons from averages, for the most allocations of the day, edges being as full as they may.</summary>
    public StoreMoment Planned()
    {
        double most = MostAllocations;
        double average = Average(most);
        StoreDemand demand = new(Math.Ceiling(most / edgeAllocations / (values[Constants.Target] / 100)) + 1, most, average, average, 0, Replicas);
        return new StoreMoment(0, demand, _model.Of(demand));
    }

    private static double Average(double allocations) => allocations / Demand.Kinds.Sum(kind => kind.Share * kind.Seconds);
}

/// <summary>One step.</summary>
internal sealed record StoreMoment(double Seconds, StoreDemand Demand, StoreLoad Load);
