namespace Turnpike.LoadTest.Simulation;

/// <summary>What a simulated edge does.</summary>
internal enum RelayState
{
    /// <summary>On its way.</summary>
    Arriving,

    /// <summary>Takes calls.</summary>
    Ready,

    /// <summary>Takes none; those that it has go on.</summary>
    Draining,
}

/// <summary>An edge of the simulation.</summary>
internal sealed class SimulatedRelay(int number)
{
    private readonly int[] _calls = new int[Demand.Kinds.Length];

    public string Id { get; } = $"e{number}";

    public RelayState State { get; set; }

    /// <summary>The state that the others know of.</summary>
    public RelayState Told { get; set; } = RelayState.Arriving;

    /// <summary>The step from which it takes calls.</summary>
    public int ReadyAt { get; init; }

    /// <summary>The step at which what is left of its calls ends; never, unless it was told to end.</summary>
    public int EndsAt { get; set; } = int.MaxValue;

    public int Calls { get; private set; }

    public void Add(int kind, int count)
    {
        _calls[kind] += count;
        Calls += count;
    }

    public int Of(int kind) => _calls[kind];
}
