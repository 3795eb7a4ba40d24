using Turnpike.Cluster;
using Turnpike.Edge.Transport;
using Turnpike.Server;

namespace Turnpike.Edge.Cluster;

/// <summary>
/// Brings what the allocations use into the cluster's books: now and then what was relayed since, at the end the rest, and an event for
/// either end of an allocation's life.
/// </summary>
internal sealed class UsageFeeder
{
    private readonly AllocationRegistry _registry;
    private readonly UsageLedger _usage;
    private readonly EventWriter _events;
    private readonly string _edgeId;
    private readonly TimeProvider _time;

    public UsageFeeder(AllocationRegistry registry, UsageLedger usage, EventWriter events, string edgeId, TimeProvider time)
    {
        _registry = registry;
        _usage = usage;
        _events = events;
        _edgeId = edgeId;
        _time = time;
        registry.Began += OnBegan;
        registry.Over += OnOver;
    }

    /// <summary>Adds what all allocations that live have used since they were asked last.</summary>
    public void Feed()
    {
        foreach (LiveAllocation allocation in _registry.All)
        {
            Take(allocation);
        }
    }

    private void OnBegan(LiveAllocation allocation)
    {
        Take(allocation);
        Write(EventKind.AllocationStarted, allocation, "", null);
    }

    private void OnOver(LiveAllocation allocation, AllocationEnd reason)
    {
        Take(allocation);
        Write(EventKind.AllocationEnded, allocation, RelayReport.Label(reason.ToString()), allocation.Total);
    }

    private void Take(LiveAllocation allocation)
    {
        UsageAmount used = allocation.TakeUsage();
        if (used != default)
        {
            _usage.Add(allocation.Realm, allocation.User, allocation.Tag, used);
        }
    }

    private void Write(EventKind kind, LiveAllocation allocation, string reason, UsageAmount? totals) => _events.Add(new ClusterEvent
    {
        Kind = kind,
        Realm = allocation.Realm,
        User = allocation.User,
        Tag = allocation.Tag,
        Edge = _edgeId,
        Allocation = allocation.Id,
        At = _time.GetUtcNow(),
        Reason = reason,
        Cause = allocation.Trace,
        Totals = totals,
    });
}
