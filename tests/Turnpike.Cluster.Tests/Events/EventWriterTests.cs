using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Turnpike.Cluster.Tests;

/// <summary>What the writer keeps, drops and never writes twice.</summary>
public class EventWriterTests
{
    private readonly FakeTimeProvider _time = new(LedgerBench.Begin);
    private readonly FakeEventLog _log = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_batch_without_an_answer_is_sent_again_and_appended_once(bool wasDone)
    {
        await using EventWriter writer = Writer();
        writer.Add(Event("realm", 1));
        _log.Next = _ => wasDone ? Outcome.FailedAfter : Outcome.FailedBefore;
        await Assert.ThrowsAsync<StoreUnavailableException>(writer.FlushAsync);
        writer.Add(Event("realm", 2));
        Assert.Equal(2, writer.Statistics.Waiting);
        _log.Next = _ => Outcome.Answered;
        await writer.FlushAsync();

        Assert.Equal([1, 2], _log.Appended.Select(entry => entry.Allocation));
        Assert.Equal(new EventStatistics(0, 2, 0, 1), writer.Statistics);
    }

    [Fact]
    public async Task When_too_many_wait_the_oldest_of_the_busiest_realm_are_dropped_and_counted()
    {
        await using EventWriter writer = Writer(capacity: 100);
        writer.Add(Event("quiet", 1));
        for (int i = 0; i < 150; i++)
        {
            writer.Add(Event("busy", i));
        }
        Assert.Equal(new EventStatistics(100, 0, 51, 0), writer.Statistics);
        await writer.FlushAsync();

        Assert.Single(_log.Appended, entry => entry.Realm == "quiet");
        Assert.Equal(Enumerable.Range(51, 99).Select(i => (long)i), _log.Appended.Where(entry => entry.Realm == "busy").Select(entry => entry.Allocation));
    }

    [Fact]
    public async Task Many_events_are_written_in_order_in_batches_of_bounded_size()
    {
        await using EventWriter writer = Writer();
        for (int i = 0; i < 1000; i++)
        {
            writer.Add(Event("realm", i));
        }
        await writer.FlushAsync();
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => (long)i), _log.Appended.Select(entry => entry.Allocation));
        Assert.Equal(EventQueue.MaxBatch, _log.LargestBatch);
    }

    [Fact]
    public async Task A_realm_that_fails_holds_up_no_other_realm()
    {
        await using EventWriter writer = Writer();
        _log.Next = realm => realm == "bad" ? Outcome.FailedBefore : Outcome.Answered;
        writer.Add(Event("bad", 1));
        writer.Add(Event("good", 2));
        await Assert.ThrowsAsync<StoreUnavailableException>(writer.FlushAsync);
        Assert.Equal("good", Assert.Single(_log.Appended).Realm);
        _log.Next = _ => Outcome.Answered;
    }

    [Fact]
    public async Task The_end_of_the_process_writes_what_waits()
    {
        EventWriter writer = Writer();
        writer.Start();
        writer.Add(Event("realm", 1));
        await writer.DisposeAsync();
        Assert.Single(_log.Appended);
    }

    [Fact]
    public Task However_attempts_end_every_event_that_was_not_dropped_is_appended_once_and_in_order() =>
        Gen.Select(Gen.Int[0, 2].Array[1, 60], Gen.Int[1, 40]).SampleAsync(async (outcomes, most) =>
        {
            FakeEventLog log = new();
            int attempt = 0;
            log.Next = _ => attempt < outcomes.Length ? (Outcome)outcomes[attempt++] : Outcome.Answered;
            EventWriter writer = new(log, 100, _time, NullLoggerFactory.Instance);
            int added = 0;
            while (attempt < outcomes.Length || writer.Statistics.Waiting > 0)
            {
                for (int i = 0; i < most && attempt < outcomes.Length; i++)
                {
                    writer.Add(Event("realm", added++));
                }
                try
                {
                    await writer.FlushAsync();
                }
                catch (StoreUnavailableException)
                {
                    // As ordered; the next flush sends the batch again.
                    continue;
                }
            }
            List<long> got = [.. log.Appended.Select(entry => entry.Allocation)];
            return got.Count + writer.Statistics.Dropped == added && got.SequenceEqual(got.Distinct().Order());
        }, iter: 200);

    private static ClusterEvent Event(string realm, long number) =>
        new() { Kind = EventKind.AllocationStarted, Realm = realm, Allocation = number, At = LedgerBench.Begin };

    private EventWriter Writer(int capacity = EventWriter.Capacity) => new(_log, capacity, _time, NullLoggerFactory.Instance);
}
