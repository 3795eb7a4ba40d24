using Turnpike.LoadTest.Planning;

namespace Turnpike.LoadTest.Simulation;

/// <summary>What the simulated fleet asks of the store, step by step, by the costs that the plan has too.</summary>
internal sealed class StoreDay(PlanValues values)
{
    private readonly StoreModel _model = new(values);
    private readonly List<StoreMoment> _moments = [];
    private IReadOnlyList<StoreMoment>? _priced;
    private PlanFigures? _plan;

    /// <summary>The step in which a part of the fleet fails at once; null where none does.</summary>
    public StoreMoment? Failure => Moments.FirstOrDefault(moment => moment.IsFailure);

    public double MeanAllocations => _moments.Average(moment => moment.Demand.Users);

    public double MostAllocations => _moments.Max(moment => moment.Demand.Users);

    /// <summary>Allocates of the worst step, as a multiple of what the most allocations need on average.</summary>
    public double PeakFactor => _moments.Max(moment => moment.Demand.Allocates) / Average(MostAllocations);

    /// <summary>What the plan reckons from averages for the most allocations of the day.</summary>
    public PlanFigures Plan => _plan ??= new Planner(values).Of(MostAllocations);

    // The control plane has the plan's replicas all day; what they cost the store depends on the whole day, so it is priced when it is over.
    private IReadOnlyList<StoreMoment> Moments => _priced ??= [.. _moments.Select(moment =>
    {
        StoreDemand demand = moment.Demand with { Replicas = Plan.PlaneReplicas };
        return moment with { Demand = demand, Load = _model.Of(demand) };
    })];

    /// <summary>Adds a step.</summary>
    /// <param name="demand">What is asked; who reads it is added later.</param>
    /// <param name="seconds">When.</param>
    /// <param name="paid">Edges that are paid for.</param>
    /// <param name="gigabits">Relayed, Gb/s.</param>
    /// <param name="isFailure">Whether a part of the fleet failed in it.</param>
    public void Add(StoreDemand demand, double seconds, int paid, double gigabits, bool isFailure)
    {
        (_priced, _plan) = (null, null);
        _moments.Add(new StoreMoment(seconds, demand, default, paid, gigabits, isFailure));
    }

    public double Mean(Func<StoreMoment, double> figure) => Moments.Average(figure);

    public StoreMoment Peak(Func<StoreMoment, double> figure) => Moments.MaxBy(figure)!;

    private static double Average(double allocations) => allocations / Demand.Kinds.Sum(kind => kind.Share * kind.Seconds);
}

/// <summary>One step.</summary>
/// <param name="Seconds">When.</param>
/// <param name="Demand">What the store is asked.</param>
/// <param name="Load">What that takes.</param>
/// <param name="Paid">Edges that are paid for.</param>
/// <param name="Gigabits">Relayed, Gb/s, headers included.</param>
/// <param name="IsFailure">Whether a part of the fleet fails at once.</param>
internal sealed record StoreMoment(double Seconds, StoreDemand Demand, StoreLoad Load, double Paid, double Gigabits, bool IsFailure);
