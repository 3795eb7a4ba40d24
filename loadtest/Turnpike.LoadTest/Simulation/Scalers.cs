using Turnpike.Scaling;

namespace Turnpike.LoadTest.Simulation;

/// <summary>Starts, drains and ends the edges of a fleet.</summary>
internal interface ISimulatedScaler
{
    string Name { get; }

    /// <summary>Acts before a step.</summary>
    void Act(SimulatedFleet fleet);
}

/// <summary>Turnpike's own: the scaling function, and an actuator that does at once what it says.</summary>
internal sealed class TurnpikeScaler(ScalingPolicy policy) : ISimulatedScaler
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);
    private ScalingMemory _memory = ScalingMemory.Empty;

    public string Name => "Turnpike";

    public void Act(SimulatedFleet fleet)
    {
        DateTimeOffset now = Begin.AddSeconds(fleet.Step * fleet.Demand.Step);
        (ScalingDecision decision, _memory) = ScalingFunction.Decide(Snapshot(fleet, now), policy, _memory, now);
        if (decision.Action == ScalingAction.None)
        {
            return;
        }
        Dictionary<string, SimulatedRelay> relays = fleet.Relays.ToDictionary(relay => relay.Id, StringComparer.Ordinal);
        foreach (string id in decision.Undrain)
        {
            relays[id].State = RelayState.Ready;
        }
        foreach (string id in decision.Drain)
        {
            relays[id].State = RelayState.Draining;
        }
        foreach (string id in decision.Withdraw)
        {
            fleet.Relays.Remove(relays[id]);
        }
        for (int replicas = decision.Current; replicas < decision.Replicas; replicas++)
        {
            fleet.Start();
        }
    }

    private static FleetSnapshot Snapshot(SimulatedFleet fleet, DateTimeOffset now)
    {
        int step = Math.Max(0, fleet.Step - 1); // What edges told last.
        Demand demand = fleet.Demand;
        Figures capacity = new(demand.EdgeAllocations, 0, demand.EdgePackets, demand.EdgeBits, 1);
        return new FleetSnapshot
        {
            ReadAt = now,
            IsFresh = true,
            Replicas = fleet.Relays.Count,
            Arriving = [.. fleet.Relays.Where(relay => relay.State == RelayState.Arriving).Select(relay => relay.Id)],
            Edges =
            [
                .. fleet.Relays.Where(relay => relay.State != RelayState.Arriving).Select(relay => new FleetEdge
                {
                    Id = relay.Id,
                    State = relay.State == RelayState.Ready ? EdgeState.Ready : EdgeState.Draining,
                    Drain = relay.State == RelayState.Ready ? EdgeDrain.None : EdgeDrain.ScaleIn,
                    ReportedAt = now,
                    Capacity = capacity,
                    Load = new Figures(
                        relay.Calls, 0, relay.Calls * demand.Packets(step), relay.Calls * demand.Bits(step),
                        relay.Calls * demand.Packets(step) / demand.EdgePackets),
                }),
            ],
        };
    }
}

/// <summary>
/// Knows what comes: its edges are there when they are needed, not before, each as full as it can be, and one that fails is replaced at
/// once. It cannot move calls either, so what it drains goes on to cost until it is empty.
/// </summary>
internal sealed class OracleScaler : ISimulatedScaler
{
    public string Name => "oracle";

    public void Act(SimulatedFleet fleet)
    {
        fleet.StartsAtOnce = true;
        // Whole calls: what a part of one would need is not there.
        int needed = Math.Max(1, (int)Math.Ceiling((fleet.Calls + fleet.Coming) / Math.Floor(fleet.CallsPerEdge)));
        int ready = fleet.Ready;
        foreach (SimulatedRelay relay in fleet.Relays.Where(relay => relay.State == RelayState.Draining).OrderByDescending(relay => relay.Calls).Take(needed - ready))
        {
            relay.State = RelayState.Ready;
        }
        foreach (SimulatedRelay relay in fleet.Relays.Where(relay => relay.State == RelayState.Ready).OrderBy(relay => relay.Calls).Take(ready - needed).ToArray())
        {
            relay.State = RelayState.Draining;
        }
        for (int i = fleet.Ready; i < needed; i++)
        {
            fleet.Start();
        }
    }
}

/// <summary>
/// A HorizontalPodAutoscaler on CPU (autoscaling/v2, default behaviour): a pod that goes is told to end first, and what is left of its
/// calls ends with its grace period.
/// </summary>
/// <param name="targetPercent">Utilisation that it aims at.</param>
/// <param name="graceSeconds">What a pod is given to end.</param>
internal sealed class CpuScaler(int targetPercent, int graceSeconds, ulong seed) : ISimulatedScaler
{
    private const double Tolerance = 0.1;
    private const double WindowSeconds = 300;
    private readonly Queue<(double At, int Replicas)> _recommended = [];
    private readonly Dice _dice = new(seed + 2);

    public string Name => $"HPA, CPU {targetPercent} %";

    public void Act(SimulatedFleet fleet)
    {
        double at = fleet.Step * fleet.Demand.Step;
        SimulatedRelay[] ready = [.. fleet.Relays.Where(relay => relay.State == RelayState.Ready)];
        int arriving = fleet.Relays.Count(relay => relay.State == RelayState.Arriving);
        int replicas = ready.Length + arriving;
        int desired = Math.Max(1, Recommend(fleet, ready, arriving));
        _recommended.Enqueue((at, desired));
        while (at - _recommended.Peek().At >= WindowSeconds)
        {
            _recommended.Dequeue();
        }
        desired = desired < replicas ? Math.Min(replicas, _recommended.Max(entry => entry.Replicas)) : Math.Min(desired, Math.Max(2 * replicas, replicas + 4));
        for (; replicas < desired; replicas++)
        {
            fleet.Start();
        }
        for (; replicas > desired; replicas--)
        {
            End(fleet);
        }
    }

    // Pods that are not ready yet count as idle where they would make it grow less.
    private int Recommend(SimulatedFleet fleet, SimulatedRelay[] ready, int arriving)
    {
        int replicas = ready.Length + arriving;
        double each = fleet.Demand.Packets(Math.Max(0, fleet.Step - 1)) / fleet.Demand.EdgePackets;
        double busy = ready.Sum(relay => Math.Min(1, relay.Calls * each)) / (targetPercent / 100.0);
        double ratio = ready.Length == 0 ? 1 : busy / ready.Length;
        double cautious = ratio > 1 ? busy / replicas : ratio;
        if (Math.Abs(ratio - 1) <= Tolerance || Math.Abs(cautious - 1) <= Tolerance || (cautious < 1) != (ratio < 1))
        {
            return replicas;
        }
        return (int)Math.Ceiling(cautious * (ratio > 1 ? replicas : ready.Length));
    }

    // The ReplicaSet takes those that are not ready first, and then any.
    private void End(SimulatedFleet fleet)
    {
        SimulatedRelay? victim = fleet.Relays.LastOrDefault(relay => relay.State == RelayState.Arriving);
        if (victim is not null)
        {
            fleet.Relays.Remove(victim);
            return;
        }
        SimulatedRelay[] ready = [.. fleet.Relays.Where(relay => relay.State == RelayState.Ready)];
        victim = ready[(int)(_dice.Uniform() * ready.Length)];
        victim.State = RelayState.Draining;
        victim.EndsAt = fleet.Step + (int)(graceSeconds / fleet.Demand.Step);
    }
}
