using Turnpike.ControlPlane.Fleet;
using Turnpike.Scaling;

namespace Turnpike.ControlPlane.Scaling;

/// <summary>Makes the scaling function's view of the fleet from the edges' own reports and from what Kubernetes knows.</summary>
public sealed class FleetSnapshots(IEdgeDirectory directory, IWorkloadSource workload, TimeProvider time)
{
    /// <summary>The fleet now.</summary>
    public FleetSnapshot Take()
    {
        _ = workload.Current;
        return new FleetSnapshot { ReadAt = time.GetUtcNow(), IsFresh = directory.IsFresh };
    }
}
