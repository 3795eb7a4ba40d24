using System.Collections.Concurrent;
using System.Diagnostics;
using StackExchange.Redis;
using Turnpike.Stores;

namespace Turnpike.Cluster.Tests;

/// <summary>Which calls to the store have a span, whose it is, and what it keeps to itself.</summary>
public sealed class SpanTests : StoreTest
{
    private static readonly ClusterScript Probe = ClusterScript.Load("probe");
    private readonly ActivitySource _source = new("Turnpike.Cluster.Tests");
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;
    private ClusterStore? _traced;

    public SpanTests(SharedStores stores)
        : base(stores, StoreKind.Embedded)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => ReferenceEquals(source, _source),
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public override async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        _source.Dispose();
        if (_traced is not null)
        {
            await _traced.DisposeAsync();
        }
        await base.DisposeAsync();
    }

    [Fact]
    public async Task A_call_is_a_child_of_what_waits_for_it_and_names_neither_key_nor_argument()
    {
        ClusterStore store = await TracedAsync();
        using (Activity cause = _source.StartActivity("cause")!)
        {
            await store.RunAsync(Probe, [store.Keys.Quota("secret-realm", "x")], ["secret-argument"]);
            await store.QueryAsync(database => database.HashGetAsync(store.Keys.Realms, "secret-field", CommandFlags.DemandMaster), "HGET");
        }

        Activity[] ended = [.. _ended];
        Assert.Equal(["EVALSHA probe", "HGET", "cause"], ended.Select(span => span.DisplayName));
        Assert.All(ended[..2], span => Assert.Equal(ended[2].SpanId, span.ParentSpanId));
        Assert.DoesNotContain(ended.SelectMany(span => span.TagObjects), tag => $"{tag.Value}".Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_nobody_waits_for_has_no_span()
    {
        ClusterStore store = await TracedAsync();
        Activity over = _source.StartActivity("over")!;
        over.Stop();
        Activity.Current = over; // as a loop that a call has started sees it, for ever
        await store.RunAsync(Probe, [store.Keys.Epoch], []);
        Activity.Current = null;
        await store.RunAsync(Probe, [store.Keys.Epoch], []);

        Assert.Equal("over", Assert.Single(_ended).DisplayName);
    }

    [Fact]
    public async Task A_call_for_several_is_the_first_ones_child_and_linked_with_the_others()
    {
        ClusterStore store = await TracedAsync();
        ActivityContext[] causes =
            [.. Enumerable.Range(0, StoreSpans.MaxLinks + 5).Select(_ => new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded))];
        await store.RunAsync(Probe, [store.Keys.Epoch], [], causes);

        Activity span = Assert.Single(_ended);
        Assert.Equal((causes[0].TraceId, causes[0].SpanId), (span.TraceId, span.ParentSpanId));
        Assert.Equal(causes[1..(StoreSpans.MaxLinks + 1)], span.Links.Select(link => link.Context));
    }

    [Fact]
    public async Task A_call_that_fails_says_why()
    {
        ClusterStore store = await TracedAsync();
        await store.QueryAsync(database => database.StringSetAsync(store.Keys.Edges, "not a hash"));
        using (Activity cause = _source.StartActivity("cause")!)
        {
            await Assert.ThrowsAsync<StoreRefusedException>(() => new Membership(store).BeatAsync(Make.Edge("a"), 0));
        }

        Activity failed = _ended.First();
        Assert.Equal((ActivityStatusCode.Error, "refused"), (failed.Status, failed.GetTagItem("error.type")));
    }

    private async Task<ClusterStore> TracedAsync()
    {
        _traced = ClusterStore.Open(Options, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance, _source);
        await _traced.AvailableAsync();
        return _traced;
    }
}
