using Turnpike.LoadTest.Planning;

namespace Turnpike.LoadTest.Simulation;

/// <summary>
/// The edges under one scaler. Clients are sent to edges that are not hot; an edge without room sends them to another one; only where
/// none has room is a call refused.
/// </summary>
internal sealed class SimulatedFleet
{
    // From here on issued credentials name other edges, as the control plane does it.
    private const double Hot = 0.9;

    // How full the edges are at the beginning.
    private const double FullAtFirst = 0.8;

    private readonly Demand _demand;
    private readonly SimulateOptions _options;
    private readonly Dice _dice;
    private readonly double[] _ends;
    private readonly int[] _returning = new int[Demand.Kinds.Length];
    private readonly List<SimulatedRelay> _open = [];
    private int _made;

    public SimulatedFleet(Demand demand, SimulateOptions options)
    {
        (_demand, _options) = (demand, options);
        _dice = new Dice(options.Seed + 1);
        Totals = new SimulationTotals(new StoreDay(options.Plan));
        _ends = [.. Demand.Kinds.Select(kind => 1 - Math.Exp(-demand.Step / kind.Seconds))];
    }

    public List<SimulatedRelay> Relays { get; } = [];

    public int Step { get; private set; }

    public double CallsPerEdge => _demand.CallsPerEdge(Step);

    public Demand Demand => _demand;

    public SimulationTotals Totals { get; }

    public int Ready => Relays.Count(relay => relay.State == RelayState.Ready);

    private int RackStep => _demand.Steps / 2;

    public int Calls => Relays.Sum(relay => relay.Calls);

    /// <summary>Calls that come in this step, those that a failure has ended among them.</summary>
    public int Coming => Enumerable.Range(0, Demand.Kinds.Length).Sum(kind => _demand.Calls(kind, Step) + _returning[kind]);

    /// <summary>Edges are there at once, for who knew that they would be needed.</summary>
    public bool StartsAtOnce { get; set; }

    /// <summary>Begins as a service that has been there for long: with the calls that the hour has, and the edges for them.</summary>
    public void Fill()
    {
        int count = (int)Math.Ceiling(Enumerable.Range(0, Demand.Kinds.Length).Sum(_demand.AtFirst) / (FullAtFirst * CallsPerEdge));
        for (int i = 0; i < count; i++)
        {
            SimulatedRelay relay = new(_made++) { State = RelayState.Ready, Told = RelayState.Ready };
            for (int kind = 0; kind < Demand.Kinds.Length; kind++)
            {
                relay.Add(kind, (int)(_demand.AtFirst(kind) / count));
            }
            Relays.Add(relay);
        }
    }

    /// <summary>Starts an edge, which takes the time that a node and a pod take.</summary>
    public void Start()
    {
        SimulatedRelay relay = new(_made++)
        {
            State = StartsAtOnce ? RelayState.Ready : RelayState.Arriving,
            ReadyAt = StartsAtOnce ? Step : Step + (int)Math.Ceiling(ProvisioningSeconds() / _demand.Step),
        };
        Relays.Add(relay);
    }

    /// <summary>Passes a step of time; whoever scales has acted on it before.</summary>
    public void Pass()
    {
        foreach (SimulatedRelay relay in Relays)
        {
            if (relay.State == RelayState.Arriving && Step >= relay.ReadyAt)
            {
                relay.State = RelayState.Ready;
            }
        }
        int gone = Fail();
        int came = 0;
        int ended = 0;
        for (int kind = 0; kind < Demand.Kinds.Length; kind++)
        {
            int coming = _demand.Calls(kind, Step) + _returning[kind];
            _returning[kind] = 0;
            came += coming;
            Totals.Offered += coming;
            Place(kind, coming);
        }
        Totals.Sample(this);
        int calls = Calls;
        foreach (SimulatedRelay relay in Relays)
        {
            for (int kind = 0; kind < Demand.Kinds.Length; kind++)
            {
                int ending = _dice.Binomial(relay.Of(kind), _ends[kind]);
                relay.Add(kind, -ending);
                ended += ending;
            }
            if (Step >= relay.EndsAt)
            {
                Totals.DroppedByScaling += relay.Calls;
                LoseCalls(relay);
            }
        }
        int paid = Relays.Count;
        Totals.EdgeSteps += paid;
        gone += Relays.RemoveAll(relay => relay.State == RelayState.Draining && relay.Calls == 0);
        Totals.Store.Add(
            new StoreDemand(
                Relays.Count(relay => relay.State != RelayState.Arriving), calls, came / _demand.Step, ended / _demand.Step, (gone + Tell()) / _demand.Step, Replicas: 0),
            Step * _demand.Step, paid, calls * _demand.Bits(Step) / 1e9, Step == RackStep);
        Step++;
    }

    // Who comes is told twice: as a member, and as ready.
    private int Tell()
    {
        int changes = 0;
        foreach (SimulatedRelay relay in Relays.Where(relay => relay.State != relay.Told))
        {
            changes += relay.Told == RelayState.Arriving ? 2 : 1;
            relay.Told = relay.State;
        }
        return changes;
    }

    private void Place(int kind, int coming)
    {
        Gather(Hot);
        if (_open.Count == 0)
        {
            Gather(1);
        }
        int left = coming;
        int refused = 0;
        for (int i = 0; i < _open.Count; i++)
        {
            int sent = _dice.Binomial(left, 1.0 / (_open.Count - i));
            left -= sent;
            int taken = Math.Min(sent, Room(_open[i]));
            _open[i].Add(kind, taken);
            refused += sent - taken;
        }
        refused += left;
        if (refused > 0)
        {
            Gather(1);
            foreach (SimulatedRelay relay in _open)
            {
                int taken = Math.Min(refused, Room(relay));
                relay.Add(kind, taken);
                refused -= taken;
            }
        }
        Totals.Refused += refused;
    }

    private void Gather(double below)
    {
        _open.Clear();
        double most = below * CallsPerEdge;
        foreach (SimulatedRelay relay in Relays)
        {
            if (relay.State == RelayState.Ready && relay.Calls < most)
            {
                _open.Add(relay);
            }
        }
    }

    private int Room(SimulatedRelay relay) => Math.Max(0, (int)CallsPerEdge - relay.Calls);

    // One by one, and once a whole rack. Kubernetes starts another one in each place; the callers come again.
    private int Fail()
    {
        int failed = 0;
        double chance = _demand.Step / (_options.FailureDays * 86_400);
        bool rack = Step == RackStep;
        for (int i = Relays.Count - 1; i >= 0; i--)
        {
            SimulatedRelay relay = Relays[i];
            if (relay.State == RelayState.Arriving || _dice.Uniform() >= (rack ? _options.RackShare : chance))
            {
                continue;
            }
            Totals.DroppedByFailures += relay.Calls;
            LoseCalls(relay);
            Relays.RemoveAt(i);
            failed++;
            if (relay.State == RelayState.Ready)
            {
                Start();
            }
        }
        return failed;
    }

    private void LoseCalls(SimulatedRelay relay)
    {
        for (int kind = 0; kind < Demand.Kinds.Length; kind++)
        {
            _returning[kind] += relay.Of(kind);
            relay.Add(kind, -relay.Of(kind));
        }
    }

    // A node with room, a new node, and now and then one that does not come for long.
    private double ProvisioningSeconds() => _dice.Uniform() switch
    {
        < 0.3 => _dice.Between(20, 40),
        < 0.98 => _dice.Between(90, 180),
        _ => 600,
    };
}
