namespace Turnpike.Server.Tests;

/// <summary>
/// Writes down what the server tells of its allocations. It fails when one begins or ends twice, or ends before all that it held is
/// given back.
/// </summary>
internal sealed class RecordingObserver : IAllocationObserver
{
    private readonly HashSet<Allocation> _live = [];

    public List<Allocation> Begun { get; } = [];

    public List<(Allocation Allocation, AllocationEnd Reason)> Ends { get; } = [];

    public IReadOnlyCollection<Allocation> Live => _live;

    /// <summary>The reason of the last end.</summary>
    public AllocationEnd LastReason => Ends[^1].Reason;

    public void Started(Allocation allocation)
    {
        Assert.True(_live.Add(allocation));
        Assert.DoesNotContain(Begun, earlier => earlier.Id == allocation.Id);
        Assert.True(allocation.RelayIPv4 is not null || allocation.RelayIPv6 is not null);
        Begun.Add(allocation);
    }

    public void Ended(Allocation allocation, AllocationEnd reason)
    {
        Assert.True(_live.Remove(allocation), "An allocation ended twice, or without a beginning.");
        Assert.True(allocation is { RelayIPv4: null, RelayIPv6: null });
        Ends.Add((allocation, reason));
    }
}
