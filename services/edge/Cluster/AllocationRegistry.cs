using System.Collections.Concurrent;
using Turnpike.Server;

namespace Turnpike.Edge.Cluster;

/// <summary>
/// The allocations that live on this edge, for whoever is not their shard: usage, shares of a user's bandwidth, revocation. A shard
/// comes here when an allocation begins and when it ends, and never in between.
/// </summary>
internal sealed class AllocationRegistry(TimeProvider time) : IAllocationObserver
{
    private readonly ConcurrentDictionary<long, LiveAllocation> _live = [];

    /// <summary>An allocation is in force, and found by <see cref="All"/>. On its shard's thread.</summary>
    public event Action<LiveAllocation>? Began;

    /// <summary>An allocation has ended, and is no longer found. On its shard's thread.</summary>
    public event Action<LiveAllocation, AllocationEnd>? Over;

    /// <summary>Those that live now; others may come and go during the walk.</summary>
    public IEnumerable<LiveAllocation> All => _live.Values;

    public void Started(Allocation allocation)
    {
        LiveAllocation live = new(allocation, time);
        _live[live.Id] = live;
        Began?.Invoke(live);
    }

    public void Ended(Allocation allocation, AllocationEnd reason)
    {
        if (_live.TryRemove(allocation.Id, out LiveAllocation? live))
        {
            Over?.Invoke(live, reason);
        }
    }
}
