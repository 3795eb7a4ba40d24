using Turnpike.Cluster;
using Turnpike.ControlPlane.Scaling;
using Turnpike.Scaling;

namespace Turnpike.ControlPlane.Kubernetes.Acting;

/// <summary>A decision, and whether it is another one than before.</summary>
internal readonly record struct Decided(ScalingDecision Decision, bool IsNews);

/// <summary>Decides how many edges there should be; one at a time, while this process leads.</summary>
internal interface IDecider
{
    ScalingPolicy Policy { get; }

    /// <summary>Begins a term: what the leader before remembered is read again.</summary>
    void Begin();

    /// <summary>Decides, and writes it down.</summary>
    /// <exception cref="StoreException">It cannot be written down.</exception>
    Task<Decided> DecideAsync();
}

/// <summary>Decides by the scaling function; the decisions and what is remembered are in the decision log.</summary>
internal sealed class Decider(FleetSnapshots snapshots, DecisionLog log, ScalingPolicy policy, string actor, TimeProvider time) : IDecider
{
    private ScalingMemory? _memory;

    public ScalingPolicy Policy => policy;

    public void Begin() => _memory = null;

    public async Task<Decided> DecideAsync()
    {
        ScalingMemory memory = _memory ?? await log.ReadMemoryAsync();
        (ScalingDecision decision, ScalingMemory next) = ScalingFunction.Decide(await snapshots.TakeAsync(), policy, memory, time.GetUtcNow());
        long? number = await log.WriteAsync(decision, next, actor);
        _memory = next;
        return new Decided(decision, number is not null);
    }
}
