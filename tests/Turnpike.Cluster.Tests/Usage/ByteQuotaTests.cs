namespace Turnpike.Cluster.Tests;

/// <summary>Bytes a period, by user and realm, over all edges.</summary>
public class ByteQuotaTests
{
    private readonly LedgerBench _bench = new();
    private readonly List<ByteQuotaReached> _reached = [];

    [Theory]
    [InlineData(QuotaAction.RefuseNew)]
    [InlineData(QuotaAction.End)]
    public async Task A_user_is_blocked_when_the_quota_is_used_up_and_others_are_not(QuotaAction action)
    {
        await using UsageLedger ledger = Ledger(User(1000, QuotaPeriod.Hour, action));
        ledger.Add("realm", "alice", "", LedgerBench.Bytes(999));
        Assert.False(ledger.IsBlocked("realm", "alice"));
        ledger.Add("realm", "alice", "", new UsageAmount { BytesToClients = 1 });
        Assert.True(ledger.IsBlocked("realm", "alice"));
        Assert.False(ledger.IsBlocked("realm", "bob"));
        await ledger.FlushAsync();
        Assert.True(ledger.IsBlocked("realm", "alice"));
    }

    [Fact]
    public async Task A_realms_quota_blocks_all_of_its_users()
    {
        await using UsageLedger ledger = Ledger(new RealmPolicy { BytesPerRealm = new ByteQuota(100, QuotaPeriod.Day, QuotaAction.RefuseNew) });
        ledger.Add("realm", "alice", "", LedgerBench.Bytes(60));
        ledger.Add("realm", "bob", "", LedgerBench.Bytes(40));
        await ledger.FlushAsync();
        Assert.True(ledger.IsBlocked("realm", "carol"));
        ByteQuotaReached reached = Assert.Single(_reached);
        Assert.Null(reached.User);
        Assert.Equal(100, reached.Used);
    }

    [Fact]
    public async Task A_quota_that_only_notifies_blocks_nobody()
    {
        await using UsageLedger ledger = Ledger(User(10, QuotaPeriod.Hour, QuotaAction.Notify));
        ledger.Add("realm", "alice", "", LedgerBench.Bytes(50));
        await ledger.FlushAsync();
        Assert.False(ledger.IsBlocked("realm", "alice"));
        Assert.Equal("alice", Assert.Single(_reached).User);
    }

    [Fact]
    public async Task It_is_told_once_a_period()
    {
        await using UsageLedger ledger = Ledger(User(10, QuotaPeriod.Hour, QuotaAction.End));
        for (int minute = 0; minute < 120; minute++)
        {
            // Eight minutes of rest in between: long enough to be no longer active.
            if (minute % 10 < 2)
            {
                ledger.Add("realm", "alice", "", LedgerBench.Bytes(50));
            }
            await ledger.FlushAsync();
            _bench.Time.Advance(TimeSpan.FromMinutes(1));
        }
        Assert.Equal(2, _reached.Count);
    }

    [Theory]
    [InlineData(QuotaPeriod.Hour, "2026-03-10T13:00:00Z")]
    [InlineData(QuotaPeriod.Day, "2026-03-11T00:00:00Z")]
    [InlineData(QuotaPeriod.Month, "2026-04-01T00:00:00Z")]
    public async Task The_block_ends_with_the_period(QuotaPeriod period, string end)
    {
        await using UsageLedger ledger = Ledger(User(10, period, QuotaAction.RefuseNew));
        ledger.Add("realm", "alice", "", LedgerBench.Bytes(50));
        await ledger.FlushAsync();
        _bench.Time.SetUtcNow(DateTimeOffset.Parse(end, null).AddSeconds(-1));
        await ledger.FlushAsync();
        Assert.True(ledger.IsBlocked("realm", "alice"));
        _bench.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(ledger.IsBlocked("realm", "alice"));
        await ledger.FlushAsync();
        Assert.False(ledger.IsBlocked("realm", "alice"));
    }

    [Fact]
    public async Task The_block_ends_when_the_quota_is_raised_or_removed_and_a_new_one_is_told_again()
    {
        await using UsageLedger ledger = Ledger(User(10, QuotaPeriod.Day, QuotaAction.RefuseNew));
        ledger.Add("realm", "alice", "", LedgerBench.Bytes(50));
        await ledger.FlushAsync();
        Assert.True(ledger.IsBlocked("realm", "alice"));

        _bench.Policy = User(60, QuotaPeriod.Day, QuotaAction.RefuseNew);
        Assert.False(ledger.IsBlocked("realm", "alice"));
        ledger.Add("realm", "alice", "", LedgerBench.Bytes(10));
        Assert.True(ledger.IsBlocked("realm", "alice"));
        await ledger.FlushAsync();
        Assert.Equal([10L, 60L], _reached.Select(reached => reached.Quota.Bytes));

        _bench.Policy = null;
        Assert.False(ledger.IsBlocked("realm", "alice"));
    }

    [Theory]
    [InlineData(QuotaPeriod.Hour)]
    [InlineData(QuotaPeriod.Day)]
    [InlineData(QuotaPeriod.Month)]
    public async Task What_other_edges_relay_counts_for_users_that_this_edge_has(QuotaPeriod period)
    {
        await using UsageLedger here = Ledger(User(100, period, QuotaAction.End));
        await using UsageLedger there = _bench.Ledger("edge-2");
        here.Add("realm", "alice", "", LedgerBench.Bytes(1));
        await here.FlushAsync();
        there.Add("realm", "alice", "", LedgerBench.Bytes(99));
        await there.FlushAsync();
        Assert.False(here.IsBlocked("realm", "alice"));
        await here.FlushAsync();
        Assert.True(here.IsBlocked("realm", "alice"));
        Assert.Equal(100, Assert.Single(_reached).Used);
    }

    [Fact]
    public async Task A_user_who_is_only_asked_about_is_known_after_the_next_flush()
    {
        await using UsageLedger here = Ledger(User(100, QuotaPeriod.Day, QuotaAction.RefuseNew));
        await using UsageLedger there = _bench.Ledger("edge-2");
        there.Add("realm", "alice", "", LedgerBench.Bytes(100));
        await there.FlushAsync();
        Assert.False(here.IsBlocked("realm", "alice"));
        await here.FlushAsync();
        Assert.True(here.IsBlocked("realm", "alice"));
    }

    [Fact]
    public async Task While_the_store_is_away_an_edge_counts_on_with_what_it_knows()
    {
        await using UsageLedger here = Ledger(User(100, QuotaPeriod.Day, QuotaAction.RefuseNew));
        await using UsageLedger there = _bench.Ledger("edge-2");
        there.Add("realm", "alice", "", LedgerBench.Bytes(50));
        here.Add("realm", "alice", "", LedgerBench.Bytes(10));
        await there.FlushAsync();
        await here.FlushAsync();
        here.Add("realm", "alice", "", LedgerBench.Bytes(39));
        await _bench.FailAsync(here, Outcome.FailedAfter);
        Assert.False(here.IsBlocked("realm", "alice"));
        here.Add("realm", "alice", "", LedgerBench.Bytes(1));
        await _bench.FailAsync(here, Outcome.FailedBefore);
        Assert.True(here.IsBlocked("realm", "alice"));
        Assert.Equal(100, Assert.Single(_reached).Used);
        await here.FlushAsync();
        Assert.Equal(100, _bench.Store.Sum("realm", UsageBucket.Day, UsageField.User("alice")).Bytes);
        Assert.Single(_reached);
    }

    [Fact]
    public async Task A_quota_set_within_a_period_counts_from_its_begin()
    {
        await using UsageLedger ledger = Ledger(null);
        ledger.Add("realm", "alice", "", LedgerBench.Bytes(70));
        await ledger.FlushAsync();
        ledger.Add("realm", "alice", "", LedgerBench.Bytes(20));
        _bench.Policy = User(100, QuotaPeriod.Month, QuotaAction.RefuseNew);
        ledger.Add("realm", "alice", "", LedgerBench.Bytes(10));
        await ledger.FlushAsync();
        Assert.True(ledger.IsBlocked("realm", "alice"));
    }

    [Fact]
    public async Task Users_that_are_gone_are_no_longer_asked_about()
    {
        await using UsageLedger ledger = Ledger(User(100, QuotaPeriod.Day, QuotaAction.RefuseNew));
        ledger.Add("realm", "alice", "", LedgerBench.Bytes(1));
        await ledger.FlushAsync();
        Assert.Single(_bench.Store.Questions);
        _bench.Time.Advance(TimeSpan.FromMinutes(3));
        await ledger.FlushAsync();
        Assert.Single(_bench.Store.Questions);
    }

    [Fact]
    public async Task Many_users_are_asked_about_in_questions_of_bounded_size()
    {
        RealmPolicy policy = User(2, QuotaPeriod.Day, QuotaAction.RefuseNew);
        await using UsageLedger ledger = Ledger(policy with { BytesPerRealm = new ByteQuota(1_000_000, QuotaPeriod.Month, QuotaAction.End) });
        for (int user = 0; user < 1000; user++)
        {
            ledger.Add("realm", "user-" + user, "", LedgerBench.Bytes(1 + (user % 2)));
        }
        await ledger.FlushAsync();
        Assert.All(_bench.Store.Questions, question => Assert.InRange(question.Fields.Count, 1, ByteCounters.MaxUsers));
        Assert.Equal(1001, _bench.Store.Questions.Sum(question => question.Fields.Count));
        Assert.Equal(500, _reached.Count);
    }

    [Fact]
    public async Task A_handler_that_fails_loses_no_usage_and_no_other_quota()
    {
        await using UsageLedger ledger = Ledger(User(1, QuotaPeriod.Day, QuotaAction.End));
        ledger.QuotaReached += _ => throw new InvalidOperationException("a defect elsewhere");
        ledger.Add("realm", "alice", "", LedgerBench.Bytes(1));
        ledger.Add("realm", "bob", "", LedgerBench.Bytes(1));
        await ledger.FlushAsync();
        Assert.Equal(2, _reached.Count);
    }

    private static RealmPolicy User(long bytes, QuotaPeriod period, QuotaAction action) => new() { BytesPerUser = new ByteQuota(bytes, period, action) };

    private UsageLedger Ledger(RealmPolicy? policy)
    {
        _bench.Policy = policy;
        UsageLedger ledger = _bench.Ledger();
        ledger.QuotaReached += _reached.Add;
        return ledger;
    }
}
