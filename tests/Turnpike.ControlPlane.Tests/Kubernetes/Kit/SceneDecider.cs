using Turnpike.Cluster;
using Turnpike.ControlPlane.Fleet;
using Turnpike.ControlPlane.Kubernetes.Acting;
using Turnpike.ControlPlane.Scaling;
using Turnpike.Scaling;

namespace Turnpike.ControlPlane.Tests.Kubernetes;

/// <summary>The real scaling function, with its memory in the process instead of the store.</summary>
internal sealed class SceneDecider(IEdgeDirectory edges, IWorkloadSource workload, ScalingPolicy policy, TimeProvider time) : IDecider
{
    private ScalingMemory _memory = ScalingMemory.Empty;
    private ScalingDecision? _last;

    public ScalingPolicy Policy => policy;

    public void Begin() => _memory = ScalingMemory.Empty;

    public Task<Decided> DecideAsync()
    {
        Workload? known = workload.Current;
        FleetSnapshot fleet = Snapshot(edges.Current, known, edges.IsFresh && known?.IsFresh == true, time.GetUtcNow());
        (ScalingDecision decision, _memory) = ScalingFunction.Decide(fleet, policy, _memory, time.GetUtcNow());
        bool isNews = _last is null || _last.Action != decision.Action || _last.Desired != decision.Desired;
        _last = decision;
        return Task.FromResult(new Decided(decision, isNews));
    }

    /// <summary>What the scaling function is to see.</summary>
    public static FleetSnapshot Snapshot(IEnumerable<EdgeRecord> edges, Workload? known, bool isFresh, DateTimeOffset now) => new()
    {
        ReadAt = now,
        IsFresh = isFresh,
        Replicas = known?.Replicas,
        Arriving = known?.Arriving ?? [],
        Edges =
        [
            .. edges.Select(edge => new FleetEdge
            {
                Id = edge.Id,
                Name = edge.Name,
                State = edge.State == "ready" ? EdgeState.Ready : EdgeState.Draining,
                Drain = known?.Drains.GetValueOrDefault(edge.Id, edge.State == "draining" ? EdgeDrain.Ordered : EdgeDrain.None) ?? EdgeDrain.None,
                ReportedAt = now,
                Capacity = new Figures(edge.Capacity.Allocations, 0, 0, 0, 1),
                Load = new Figures(edge.Load.Allocations, 0, 0, 0, 0),
            }),
        ],
    };
}
