namespace Turnpike.Cluster.Tests;

/// <summary>What the ledger keeps, writes and never writes twice.</summary>
public class UsageLedgerTests
{
    private static readonly UsageAmount Amount = new()
    {
        BytesToPeers = 1,
        BytesToClients = 20,
        PacketsToPeers = 300,
        PacketsToClients = 4000,
        Allocations = 5,
        AllocationSeconds = 60,
    };

    private readonly LedgerBench _bench = new();

    [Fact]
    public async Task Usage_is_added_to_the_minute_hour_and_day_of_the_realm_the_tag_and_the_user()
    {
        await using UsageLedger ledger = _bench.Ledger();
        _bench.Time.SetUtcNow(LedgerBench.Begin.AddSeconds(125));
        ledger.Add("realm", "alice", "video", Amount);
        ledger.Add("realm", "alice", "audio", Amount);
        ledger.Add("other", "alice", "video", Amount);
        await ledger.FlushAsync();

        Assert.Equal(Amount + Amount, _bench.Store.At("realm", UsageBucket.Minute, LedgerBench.Begin.AddMinutes(2), UsageField.Realm));
        Assert.Equal(Amount + Amount, _bench.Store.At("realm", UsageBucket.Hour, LedgerBench.Begin, UsageField.User("alice")));
        Assert.Equal(Amount, _bench.Store.At("realm", UsageBucket.Day, LedgerBench.Begin.Date, UsageField.Tag("audio")));
        Assert.Equal(Amount, _bench.Store.At("other", UsageBucket.Day, LedgerBench.Begin.Date, UsageField.Realm));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_batch_without_an_answer_is_sent_again_as_it_was_and_added_once(bool wasDone)
    {
        await using UsageLedger ledger = _bench.Ledger();
        ledger.Add("realm", "alice", "", LedgerBench.Bytes(100));
        await _bench.FailAsync(ledger, wasDone ? Outcome.FailedAfter : Outcome.FailedBefore);
        ledger.Add("realm", "alice", "", LedgerBench.Bytes(10));
        await _bench.FailAsync(ledger, wasDone ? Outcome.FailedAfter : Outcome.FailedBefore);
        ledger.Add("realm", "alice", "", LedgerBench.Bytes(1));
        await ledger.FlushAsync();

        Assert.Equal(111, _bench.Store.Sum("realm", UsageBucket.Minute, UsageField.User("alice")).Bytes);
        Assert.All(_bench.Store.Batches.SkipLast(1), attempt => Assert.Same(_bench.Store.Batches[0].Batch, attempt.Batch));
        Assert.Equal([1, 2], _bench.Store.Batches.Select(attempt => attempt.Batch.Number).Distinct());
        Assert.Equal(wasDone ? 1 : 0, ledger.Statistics.BatchesRepeated);
        Assert.Equal(2, ledger.Statistics.Failures);
    }

    [Fact]
    public async Task A_store_that_is_away_for_four_days_loses_nothing_and_what_waits_stays_bounded()
    {
        await using UsageLedger ledger = _bench.Ledger();
        const int Minutes = 4 * 24 * 60;
        for (int minute = 0; minute < Minutes; minute++)
        {
            ledger.Add("realm", "user-" + (minute % 3), "tag", LedgerBench.Bytes(1000 + minute));
            _bench.Time.Advance(TimeSpan.FromMinutes(1));
        }
        // A realm, a tag and three users; each has at most 10 minutes, 48 hours and the days before.
        Assert.InRange(ledger.Statistics.RowsWaiting, 1, 5 * (WaitingUsage.MaxMinutes + WaitingUsage.MaxHours + 3));
        Assert.Equal(Minutes * 60, ledger.Statistics.LagSeconds);
        await ledger.FlushAsync();

        long all = Enumerable.Range(0, Minutes).Sum(minute => 1000L + minute);
        Assert.Equal(all, _bench.Store.Sum("realm", UsageBucket.Day, UsageField.Realm).Bytes);
        Assert.Equal(all, Enumerable.Range(0, 3).Sum(user => _bench.Store.Sum("realm", UsageBucket.Day, UsageField.User("user-" + user)).Bytes));
        Assert.Equal(1000 + Minutes - 1, _bench.Store.At("realm", UsageBucket.Minute, _bench.Time.GetUtcNow().AddMinutes(-1), UsageField.Realm).Bytes);
        DateTimeOffset lastHour = _bench.Time.GetUtcNow().AddHours(-1);
        Assert.Equal(Enumerable.Range(Minutes - 60, 60).Sum(minute => 1000L + minute), _bench.Store.At("realm", UsageBucket.Hour, lastHour, UsageField.Realm).Bytes);
        Assert.Equal(0, ledger.Statistics.RowsWaiting);
        Assert.Equal(0, ledger.Statistics.LagSeconds);
    }

    [Fact]
    public void A_clock_that_jumps_back_loses_nothing()
    {
        WaitingUsage waiting = new();
        foreach (int minute in Enumerable.Range(0, 40).Concat(Enumerable.Range(0, 30).Reverse()))
        {
            waiting.Add("alice", "", LedgerBench.Bytes(1), minute * 60_000L);
        }
        Assert.Equal(70, waiting.Bytes(UsageField.User("alice"), 0));
    }

    [Fact]
    public async Task A_realm_with_many_users_is_written_in_batches_of_bounded_size_that_count_up()
    {
        await using UsageLedger ledger = _bench.Ledger();
        for (int user = 0; user < 1000; user++)
        {
            ledger.Add("realm", "user-" + user, "", LedgerBench.Bytes(1));
        }
        await ledger.FlushAsync();

        Assert.All(_bench.Store.Batches, attempt => Assert.InRange(attempt.Batch.Rows, 1, WaitingUsage.MaxBatchRows));
        Assert.Equal(Enumerable.Range(1, 5).Select(number => (long)number), _bench.Store.Batches.Select(attempt => attempt.Batch.Number));
        Assert.Equal(1002, ledger.Statistics.RowsWritten);
        Assert.Equal(1000, _bench.Store.Sum("realm", UsageBucket.Day, UsageField.Realm).Bytes);
    }

    [Fact]
    public async Task A_realm_that_the_store_refuses_holds_up_no_other_realm()
    {
        await using UsageLedger ledger = new(new Refusing(_bench.Store.Writer("edge-1"), "bad"), new ClusterOptions(), _ => null, _bench.Time,
            Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        foreach (string realm in new[] { "a", "bad", "c" })
        {
            ledger.Add(realm, "alice", "", LedgerBench.Bytes(7));
        }
        await Assert.ThrowsAsync<StoreRefusedException>(ledger.FlushAsync);

        Assert.Equal(7, _bench.Store.Sum("a", UsageBucket.Day, UsageField.Realm).Bytes);
        Assert.Equal(7, _bench.Store.Sum("c", UsageBucket.Day, UsageField.Realm).Bytes);
        Assert.Equal(3, ledger.Statistics.RowsWaiting);
    }

    [Fact]
    public async Task Usage_that_shrinks_is_refused()
    {
        await using UsageLedger ledger = _bench.Ledger();
        Assert.Throws<ArgumentOutOfRangeException>(() => ledger.Add("realm", "alice", "", new UsageAmount { BytesToPeers = 5, Allocations = -1 }));
    }

    [Fact]
    public async Task Nothing_used_is_nothing_written()
    {
        await using UsageLedger ledger = _bench.Ledger();
        ledger.Add("realm", "alice", "", default);
        await ledger.FlushAsync();
        Assert.Empty(_bench.Store.Batches);
    }

    [Fact]
    public async Task The_loop_flushes_by_itself_and_goes_on_after_the_store_was_away()
    {
        await using UsageLedger ledger = _bench.Ledger();
        ledger.Start();
        _bench.Outcome = Outcome.FailedAfter;
        ledger.Add("realm", "alice", "", LedgerBench.Bytes(3));
        await EventuallyAsync(() => ledger.Statistics.Failures > 1);
        _bench.Outcome = Outcome.Answered;
        await EventuallyAsync(() => ledger.Statistics.RowsWaiting == 0);

        Assert.Equal(3, _bench.Store.Sum("realm", UsageBucket.Day, UsageField.Realm).Bytes);
    }

    [Fact]
    public async Task The_end_of_the_process_writes_what_waits()
    {
        UsageLedger ledger = _bench.Ledger();
        ledger.Start();
        ledger.Add("realm", "alice", "", LedgerBench.Bytes(3));
        await ledger.DisposeAsync();
        Assert.Equal(3, _bench.Store.Sum("realm", UsageBucket.Day, UsageField.Realm).Bytes);
    }

    /// <summary>Moves the clock on until the condition holds; for ten seconds of the test's own time at most.</summary>
    private async Task EventuallyAsync(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(10));
        while (!condition())
        {
            limit.Token.ThrowIfCancellationRequested();
            _bench.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }

    private sealed class Refusing(IUsageWriter inner, string refused) : IUsageWriter
    {
        public Task<UsageReceipt> WriteAsync(string realm, UsageBatch? batch, IReadOnlyList<UsageQuestion> questions) => realm == refused
            ? Task.FromException<UsageReceipt>(new StoreRefusedException("WRONGTYPE"))
            : inner.WriteAsync(realm, batch, questions);
    }
}
