using System.Diagnostics.Metrics;
using Turnpike.Server;

namespace Turnpike.Edge.Management;

/// <summary>
/// What a sum at the next scrape would not show: how long and how large the sessions were, and how late the shards' loops come. Told as
/// it happens, at an allocation's end and four times a second, and never for a packet.
/// </summary>
internal sealed class RelayDistributions
{
    // Seconds: a call that did not come about, a call, a meeting, a day.
    private static readonly double[] Durations = [1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 14_400, 43_200, 86_400];

    // Bytes, both directions together: 1 KB to 10 GB.
    private static readonly double[] Sizes = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10];

    // Seconds: the timers' own grain is a millisecond.
    private static readonly double[] Latencies = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2.5];

    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _bytes;
    private readonly Histogram<double> _latency;

    public RelayDistributions(IMeterFactory meters)
    {
        Meter meter = meters.Create("Turnpike.Edge");
        _duration = Make("session_duration_seconds", "How long allocations lived that have ended", Durations);
        _bytes = Make("session_bytes", "Payload bytes that allocations relayed that have ended, both directions together", Sizes);
        _latency = Make("loop_latency_seconds", "How late a shard's loop comes to what is due: what a packet waits for its turn", Latencies);

        Histogram<double> Make(string name, string description, double[] buckets) => meter.CreateHistogram(
            $"turnpike.edge.{name}", unit: null, description, tags: [], new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets });
    }

    /// <summary>A shard's loop came to a timer.</summary>
    /// <param name="milliseconds">After the timer was due.</param>
    public void OnLoop(long milliseconds) => _latency.Record(milliseconds / 1000.0);

    /// <summary>Is told of sessions, and tells somebody else.</summary>
    /// <param name="next">Who else is told.</param>
    /// <param name="now">The milliseconds by which allocations start.</param>
    public IAllocationObserver Sessions(IAllocationObserver next, Func<long> now) => new Observer(this, next, now);

    private sealed class Observer(RelayDistributions distributions, IAllocationObserver next, Func<long> now) : IAllocationObserver
    {
        public void Started(Allocation allocation) => next.Started(allocation);

        public void Ended(Allocation allocation, AllocationEnd reason)
        {
            distributions._duration.Record((now() - allocation.StartedAt) / 1000.0);
            distributions._bytes.Record(allocation.Traffic.BytesToPeers + allocation.Traffic.BytesToClients);
            next.Ended(allocation, reason);
        }

        public void Refreshed(Allocation allocation, uint lifetime) => next.Refreshed(allocation, lifetime);

        public void Moved(Allocation allocation) => next.Moved(allocation);

        public void Permitted(Allocation allocation, int count) => next.Permitted(allocation, count);

        public void ChannelBound(Allocation allocation) => next.ChannelBound(allocation);
    }
}
