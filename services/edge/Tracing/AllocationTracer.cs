using System.Diagnostics;
using Turnpike.Server;

namespace Turnpike.Edge.Tracing;

/// <summary>
/// Makes the spans of allocations that are sampled. It is there only where traces are exported; the data path never comes here, and handing a
/// span that has ended to the exporter waits for nothing.
/// </summary>
internal sealed class AllocationTracer : IDisposable
{
    public const string SourceName = "Turnpike.Edge";

    /// <summary>Spans at once, about a kilobyte each with few events; what begins beyond them is not traced.</summary>
    public const int MaxSpans = 10_000;

    private readonly ShardTraces[] _shards = new ShardTraces[byte.MaxValue + 1];
    private int _spans;

    public AllocationTracer()
    {
        for (int i = 0; i < _shards.Length; i++)
        {
            _shards[i] = new ShardTraces(this);
        }
    }

    /// <summary>Where the spans come from.</summary>
    public ActivitySource Source { get; } = new(SourceName);

    /// <summary>The spans of a shard's allocations.</summary>
    public ShardTraces ForShard(int shard) => _shards[shard];

    /// <summary>An observer that keeps spans, and tells another one.</summary>
    public IAllocationObserver Observe(IAllocationObserver next) => new Observer(this, next);

    public void Dispose() => Source.Dispose();

    /// <summary>Begins a span; null where nobody listens, it is not sampled, or there are enough.</summary>
    internal AllocationSpan? Begin()
    {
        if (!Source.HasListeners() || Volatile.Read(ref _spans) >= MaxSpans)
        {
            return null;
        }

        // A shard does many things at once: no span is the current one of its thread.
        Activity? current = Activity.Current;
        Activity.Current = null;
        Activity? activity = Source.StartActivity("allocation", ActivityKind.Server);
        AllocationSpan? span = null;
        if (activity is { Recorded: true })
        {
            span = new AllocationSpan(activity);
            Interlocked.Increment(ref _spans);
        }
        else
        {
            activity?.Dispose();
        }

        Activity.Current = current;
        return span;
    }

    internal void OnEnded() => Interlocked.Decrement(ref _spans);

    private sealed class Observer(AllocationTracer tracer, IAllocationObserver next) : IAllocationObserver
    {
        public void Started(Allocation allocation)
        {
            AllocationSpan? span = tracer.ForShard(TurnServer.ShardOf(allocation.Id)).ForAllocation();
            span?.Begin(allocation);
            allocation.ObserverState = span;
            next.Started(allocation);
        }

        public void Ended(Allocation allocation, AllocationEnd reason)
        {
            next.Ended(allocation, reason);
            if (Of(allocation) is { } span)
            {
                span.End(allocation, reason);
                tracer.OnEnded();
            }
        }

        public void Refreshed(Allocation allocation, uint lifetime)
        {
            Of(allocation)?.Add("refresh", "turnpike.lifetime", lifetime);
            next.Refreshed(allocation, lifetime);
        }

        public void Moved(Allocation allocation)
        {
            Of(allocation)?.Add("moved");
            next.Moved(allocation);
        }

        public void Permitted(Allocation allocation, int count)
        {
            Of(allocation)?.Add("permission", "turnpike.count", count);
            next.Permitted(allocation, count);
        }

        public void ChannelBound(Allocation allocation)
        {
            Of(allocation)?.Add("channel");
            next.ChannelBound(allocation);
        }

        private static AllocationSpan? Of(Allocation allocation) => allocation.ObserverState as AllocationSpan;
    }
}
