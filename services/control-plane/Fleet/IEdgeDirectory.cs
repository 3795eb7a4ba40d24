using Turnpike.Cluster;

namespace Turnpike.ControlPlane.Fleet;

/// <summary>The edges as they were a moment ago, from memory: what a call asks that cannot wait for the store.</summary>
public interface IEdgeDirectory
{
    /// <summary>The edges that are members, with their loads, by id.</summary>
    IReadOnlyList<EdgeRecord> Current { get; }

    /// <summary>Whether that was read lately; false before the first time and while the store is away.</summary>
    bool IsFresh { get; }
}
