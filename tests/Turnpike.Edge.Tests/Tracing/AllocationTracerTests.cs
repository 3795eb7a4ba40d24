using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Edge.Tracing;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;
using Turnpike.Server;

namespace Turnpike.Edge.Tests.Tracing;

public sealed class AllocationTracerTests : IDisposable
{
    private readonly AllocationTracer _tracer = new();
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;
    private ActivitySamplingResult _sampling = ActivitySamplingResult.AllDataAndRecorded;

    public AllocationTracerTests()
    {
        _listener = new ActivityListener
        {
            // Other tests' edges have sources of the same name.
            ShouldListenTo = source => ReferenceEquals(source, _tracer.Source),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => _sampling,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _tracer.Dispose();
    }

    [Fact]
    public async Task A_span_has_a_bounded_number_of_events_and_always_its_end()
    {
        const int Refreshes = AllocationSpan.MaxEvents + 20;
        await using RunningRelay running = await RunningRelay.StartAsync(_tracer, ("Edge:Shards", "1"));
        await LiveAsync(running, Refreshes);

        Activity life = Assert.Single(_ended);
        Assert.Equal(AllocationSpan.MaxEvents + 1, life.Events.Count());
        Assert.Equal("ended", life.Events.Last().Name);
        Assert.Equal(21, life.GetTagItem("turnpike.events_left_out"));
        Assert.Equal("turnpike", life.GetTagItem("turnpike.realm"));
        Assert.DoesNotContain(life.TagObjects, tag => $"{tag.Value}".Contains(RunningRelay.User, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(ActivitySamplingResult.None)]
    [InlineData(ActivitySamplingResult.PropagationData)]
    public async Task An_allocation_that_is_not_sampled_keeps_nothing(ActivitySamplingResult sampling)
    {
        _sampling = sampling;
        await using RunningRelay running = await RunningRelay.StartAsync(_tracer, ("Edge:Shards", "1"));
        await LiveAsync(running, refreshes: 3);

        Assert.DoesNotContain(_ended, activity => activity.Events.Any());
    }

    [Fact]
    public void An_allocation_that_waited_for_its_quota_is_sampled_once()
    {
        ShardTraces traces = _tracer.ForShard(0);
        _sampling = ActivitySamplingResult.None;
        AllocationSpan? span = traces.Begin();
        _sampling = ActivitySamplingResult.AllDataAndRecorded;
        traces.Resume(span);
        Assert.Null(traces.ForAllocation());
        traces.Settle("turnpike", QuotaDecision.Granted);

        Assert.NotNull(traces.ForAllocation());
    }

    [Fact]
    public void Spans_at_once_are_bounded_and_those_that_end_make_room()
    {
        ShardTraces traces = _tracer.ForShard(0);
        AllocationSpan?[] spans = [.. Enumerable.Range(0, AllocationTracer.MaxSpans + 5).Select(_ => traces.Begin())];
        Assert.Equal(AllocationTracer.MaxSpans, spans.Count(span => span is not null));
        Assert.Null(Activity.Current);

        traces.Resume(spans[0]);
        traces.Settle("turnpike", QuotaDecision.UserQuotaReached);

        Activity refused = Assert.Single(_ended);
        Assert.Equal((ActivityStatusCode.Error, "user_quota_reached"), (refused.Status, refused.GetTagItem("error.type")));
        Assert.NotNull(traces.Begin());
        Assert.Null(traces.Begin());
    }

    [Fact]
    public void Without_a_listener_there_is_no_span()
    {
        _listener.Dispose();
        Assert.Null(_tracer.ForShard(0).Begin());
    }

    // One allocation from its Allocate to its deletion.
    private static async Task LiveAsync(RunningRelay running, int refreshes)
    {
        IPEndPoint server = new(IPAddress.Loopback, running.Port);
        using Socket client = RunningRelay.Client();
        (byte[] nonce, _) = RunningRelay.Allocate(client, server);
        for (int i = 0; i < refreshes; i++)
        {
            Assert.Equal(0, RunningRelay.Code(RunningRelay.Ask(client, server, RunningRelay.Request(StunMethod.Refresh, nonce)).Answer));
        }
        Assert.Equal(0, RunningRelay.Code(RunningRelay.Ask(client, server, RunningRelay.Request(StunMethod.Refresh, nonce, End)).Answer));
        await Eventually.TrueAsync(() => running.Relay.Read().AllocationsEnded == 1);

        static void End(ref StunMessageWriter writer) => Lifetime.Write(ref writer, 0);
    }
}
