using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Stores;

namespace Turnpike.Cluster.Tests;

/// <summary>Usage in every kind of store.</summary>
public abstract class UsageConformance(SharedStores stores, StoreKind kind) : StoreTest(stores, kind)
{
    private const string Realm = "acme";
    private static readonly DateTimeOffset Begin = LedgerBench.Begin;
    private readonly FakeTimeProvider _time = new(Begin);
    private RealmPolicy? _policy;

    [Fact]
    public async Task What_was_added_is_read_back_by_realm_tag_and_user_in_minutes_hours_and_days()
    {
        UsageAmount amount = new()
        {
            BytesToPeers = 1,
            BytesToClients = 20,
            PacketsToPeers = 300,
            PacketsToClients = 4000,
            Allocations = 5,
            AllocationSeconds = 60,
        };
        await using UsageLedger ledger = Ledger("edge-1");
        ledger.Add(Realm, "alice", "video", amount);
        await ledger.FlushAsync();
        _time.Advance(TimeSpan.FromMinutes(90));
        ledger.Add(Realm, "alice", "", amount);
        ledger.Add(Realm, "bob", "video", amount);
        await ledger.FlushAsync();

        Assert.Equal(
            [Row(Begin, UsageBy.Realm, "", amount), Row(Begin.AddMinutes(90), UsageBy.Realm, "", amount + amount)],
            await ReadAsync(UsageBucket.Minute, UsageBy.Realm));
        Assert.Equal(
            [Row(Begin, UsageBy.Tag, "video", amount), Row(Begin.AddHours(1), UsageBy.Tag, "", amount), Row(Begin.AddHours(1), UsageBy.Tag, "video", amount)],
            await ReadAsync(UsageBucket.Hour, UsageBy.Tag));
        DateTimeOffset day = new(Begin.Date, TimeSpan.Zero);
        Assert.Equal(
            [Row(day, UsageBy.User, "alice", amount + amount), Row(day, UsageBy.User, "bob", amount)],
            await ReadAsync(UsageBucket.Day, UsageBy.User));
        Assert.Equal([Row(Begin.AddHours(1), UsageBy.User, "bob", amount)], await ReadAsync(UsageBucket.Hour, UsageBy.User, "bob"));
    }

    [Fact]
    public async Task The_end_of_a_range_is_not_part_of_it()
    {
        await using UsageLedger ledger = Ledger("edge-1");
        ledger.Add(Realm, "alice", "", LedgerBench.Bytes(1));
        _time.Advance(TimeSpan.FromMinutes(1));
        ledger.Add(Realm, "alice", "", LedgerBench.Bytes(2));
        await ledger.FlushAsync();
        UsageStore usage = new(Store);
        Assert.Single(await usage.ReadAsync(Realm, UsageBucket.Minute, Begin.AddSeconds(59), Begin.AddMinutes(1), UsageBy.Realm));
        Assert.Equal(2, (await usage.ReadAsync(Realm, UsageBucket.Minute, Begin, Begin.AddSeconds(60.5), UsageBy.Realm)).Count);
        Assert.Empty(await usage.ReadAsync(Realm, UsageBucket.Minute, Begin.AddMinutes(1), Begin, UsageBy.Realm));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => usage.ReadAsync(Realm, UsageBucket.Minute, Begin, Begin.AddDays(8), UsageBy.Realm));
    }

    [Fact]
    public async Task Names_of_any_kind_are_kept_apart()
    {
        string[] names = ["", "u:x", "t:x", "r", "*", "{x}", "käse 🧀", "a b\n\0", "%7B", "u:*"];
        await using UsageLedger ledger = Ledger("edge-1");
        for (int i = 0; i < names.Length; i++)
        {
            ledger.Add("realm {x}:%", names[i], names[names.Length - 1 - i], LedgerBench.Bytes(i + 1));
        }
        await ledger.FlushAsync();
        UsageStore usage = new(Store);
        foreach (UsageBy by in new[] { UsageBy.User, UsageBy.Tag })
        {
            IReadOnlyList<UsageRow> rows = await usage.ReadAsync("realm {x}:%", UsageBucket.Hour, Begin, Begin.AddHours(1), by);
            Assert.Equal(names.Order(StringComparer.Ordinal), rows.Select(row => row.Name));
            foreach (UsageRow row in rows)
            {
                int place = Array.IndexOf(names, row.Name);
                Assert.Equal(1 + (by == UsageBy.User ? place : names.Length - 1 - place), row.Amount.Bytes);
                Assert.Equal(row, Assert.Single(await usage.ReadAsync("realm {x}:%", UsageBucket.Hour, Begin, Begin.AddHours(1), by, row.Name)));
            }
        }
    }

    [Fact]
    public async Task A_bucket_with_thousands_of_users_is_read_whole()
    {
        await using UsageLedger ledger = Ledger("edge-1");
        for (int user = 0; user < 3000; user++)
        {
            ledger.Add(Realm, "user-" + user, "tag", LedgerBench.Bytes(user + 1));
        }
        await ledger.FlushAsync();
        IReadOnlyList<UsageRow> rows = await ReadAsync(UsageBucket.Minute, UsageBy.User);
        Assert.Equal(3000, rows.Count);
        Assert.Equal(3000L * 3001 / 2, rows.Sum(row => row.Amount.Bytes));
        Assert.Equal(3000L * 3001 / 2, Assert.Single(await ReadAsync(UsageBucket.Day, UsageBy.Realm)).Amount.Bytes);
    }

    [Fact]
    public async Task A_batch_is_added_once_however_often_it_is_sent()
    {
        UsageWriter writer = new(Store, "edge-1", Options);
        UsageBatch batch = Batch(1, 5);
        Assert.True((await writer.WriteAsync(Realm, batch, [])).Added);
        Assert.False((await writer.WriteAsync(Realm, batch, [])).Added);
        Assert.True((await writer.WriteAsync(Realm, Batch(2, 5), [])).Added);
        Assert.False((await writer.WriteAsync(Realm, batch, [])).Added);
        // Another edge has numbers of its own.
        Assert.True((await new UsageWriter(Store, "edge-2", Options).WriteAsync(Realm, batch, [])).Added);
        Assert.Equal(15, Assert.Single(await ReadAsync(UsageBucket.Day, UsageBy.User)).Amount.Bytes);
    }

    [Fact]
    public async Task Sums_are_exact_to_two_to_the_53rd()
    {
        UsageWriter writer = new(Store, "edge-1", Options);
        await writer.WriteAsync(Realm, Batch(1, (1L << 53) - 2), []);
        await writer.WriteAsync(Realm, Batch(2, 1), []);
        Assert.Equal((1L << 53) - 1, Assert.Single(await ReadAsync(UsageBucket.Hour, UsageBy.User)).Amount.BytesToPeers);
    }

    [Fact]
    public async Task Keys_live_as_long_as_is_configured_and_no_longer()
    {
        await using UsageLedger ledger = Ledger("edge-1");
        ledger.Add(Realm, "alice", "", LedgerBench.Bytes(1));
        await ledger.FlushAsync();
        long begin = Begin.ToUnixTimeSeconds();
        long day = UsageCalendar.Start(UsageBucket.Day, begin);
        long month = UsageCalendar.Start(QuotaPeriod.Month, begin);
        await AssertLifeAsync("minute:" + begin, Options.MinuteRetention);
        await AssertLifeAsync("hour:" + begin, Options.HourRetention);
        await AssertLifeAsync("day:" + day, Options.DayRetention);
        await AssertLifeAsync("month:" + month, UsageCalendar.MonthRetention);
        await AssertLifeAsync("batch:edge-1", UsageWriter.NumberRetention);

        async Task AssertLifeAsync(string name, int seconds)
        {
            TimeSpan? life = await Store.QueryAsync(database => database.KeyTimeToLiveAsync(Store.Keys.Usage(Realm, name)));
            Assert.InRange(life!.Value.TotalSeconds, seconds - 60, seconds);
        }
    }

    [Fact]
    public async Task Hours_of_waiting_usage_of_many_users_are_written_exactly()
    {
        await using UsageLedger ledger = Ledger("edge-1");
        for (int minute = 0; minute < 300; minute++)
        {
            for (int user = 0; user < 20; user++)
            {
                ledger.Add(Realm, "user-" + user, "tag-" + (user % 3), LedgerBench.Bytes(1));
            }
            _time.Advance(TimeSpan.FromMinutes(1));
        }
        await ledger.FlushAsync();
        Assert.All(await ReadAsync(UsageBucket.Day, UsageBy.User), row => Assert.Equal(300, row.Amount.Bytes));
        Assert.Equal([1200L, 1200, 1200, 1200, 1200], (await ReadAsync(UsageBucket.Hour, UsageBy.Realm)).Select(row => row.Amount.Bytes));
        Assert.Equal(200, (await ReadAsync(UsageBucket.Minute, UsageBy.Realm)).Sum(row => row.Amount.Bytes));
    }

    [Theory]
    [InlineData(QuotaPeriod.Hour)]
    [InlineData(QuotaPeriod.Day)]
    [InlineData(QuotaPeriod.Month)]
    public async Task A_byte_quota_counts_what_all_edges_relayed(QuotaPeriod period)
    {
        _policy = new RealmPolicy
        {
            BytesPerUser = new ByteQuota(100, period, QuotaAction.End),
            BytesPerRealm = new ByteQuota(150, period, QuotaAction.RefuseNew),
        };
        List<ByteQuotaReached> reached = [];
        await using UsageLedger here = Ledger("edge-1");
        await using UsageLedger there = Ledger("edge-2");
        here.QuotaReached += reached.Add;
        here.Add(Realm, "alice", "", LedgerBench.Bytes(40));
        await here.FlushAsync();
        there.Add(Realm, "alice", "", LedgerBench.Bytes(60));
        there.Add(Realm, "bob", "", LedgerBench.Bytes(49));
        await there.FlushAsync();
        await here.FlushAsync();
        Assert.True(here.IsBlocked(Realm, "alice"));
        Assert.False(here.IsBlocked(Realm, "bob"));
        there.Add(Realm, "bob", "", LedgerBench.Bytes(1));
        await there.FlushAsync();
        await here.FlushAsync();
        Assert.True(here.IsBlocked(Realm, "bob"));
        Assert.Equal([("alice", 100L), (null, 150L)], reached.Select(quota => (quota.User, quota.Used)));
    }

    [Fact]
    public async Task Whatever_attempts_do_the_buckets_hold_what_was_added_but_for_what_crashes_lost()
    {
        // A realm's name of its own for each run, which RunAsync does not know of.
        int run = 0;
        await UsageStep.Any.Array[1, 40].SampleAsync(async steps =>
        {
            ClusterOptions options = Options;
            string suffix = "-" + Interlocked.Increment(ref run);
            return await UsageProperties.RunAsync(
                [.. steps.Select(step => step with { Seconds = 1 + (step.Seconds % 1000) })], // so that all of it is within a day
                edge => new RenamingWriter(new UsageWriter(Store, edge, options), suffix),
                async (size, field) => (await new UsageStore(Store).ReadAsync(
                    "realm" + suffix, size, Begin, Begin.AddDays(1), field.By, field.Name)).Sum(row => row.Amount.Bytes));
        }, iter: 8, threads: 1);
    }

    private static UsageRow Row(DateTimeOffset start, UsageBy by, string name, UsageAmount amount) => new(start, by, name, amount);

    private static UsageBatch Batch(long number, long bytes) => new(
        number,
        [new UsageGroup(new UsageSlot(Begin.ToUnixTimeSeconds(), UsageBucket.Minute), [new UsageLine(UsageField.User("alice"), LedgerBench.Bytes(bytes))])],
        0);

    private Task<IReadOnlyList<UsageRow>> ReadAsync(UsageBucket bucket, UsageBy by, string? only = null) =>
        new UsageStore(Store).ReadAsync(Realm, bucket, Begin, Begin.AddHours(12), by, only);

    private UsageLedger Ledger(string edge) => new(Store, edge, Options, _ => _policy, _time, NullLoggerFactory.Instance);

    private sealed class RenamingWriter(IUsageWriter inner, string suffix) : IUsageWriter
    {
        public Task<UsageReceipt> WriteAsync(string realm, UsageBatch? batch, IReadOnlyList<UsageQuestion> questions) =>
            inner.WriteAsync(realm + suffix, batch, questions);
    }
}

public sealed class UsageOnEmbedded(SharedStores stores) : UsageConformance(stores, StoreKind.Embedded);

public sealed class UsageOnRedis(SharedStores stores) : UsageConformance(stores, StoreKind.Redis);

public sealed class UsageOnSentinel(SharedStores stores) : UsageConformance(stores, StoreKind.Sentinel);

public sealed class UsageOnCluster(SharedStores stores) : UsageConformance(stores, StoreKind.Cluster);
