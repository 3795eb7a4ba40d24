using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;
using Turnpike.Stores;

namespace Turnpike.Cluster.Tests;

/// <summary>Logs of events in every kind of store.</summary>
public abstract class EventConformance(SharedStores stores, StoreKind kind) : StoreTest(stores, kind)
{
    private const string Realm = "acme";
    private const int Kept = 100;

    private EventLog Log => new(Store);

    private protected override ClusterOptions Configure(string redis, string prefix) =>
        new() { Redis = redis, KeyPrefix = prefix, EventLog = Kept };

    [Fact]
    public async Task An_event_is_read_back_as_it_was()
    {
        ClusterEvent ended = new()
        {
            Kind = EventKind.AllocationEnded,
            Realm = "realm {x}:%",
            User = "käse 🧀",
            Tag = "a:b",
            Edge = "edge-1",
            Allocation = (5L << 56) + 7,
            At = LedgerBench.Begin.AddTicks(1234),
            Reason = "Expired",
            Totals = new UsageAmount { BytesToPeers = 1, BytesToClients = long.MaxValue, PacketsToPeers = 3, PacketsToClients = 4, AllocationSeconds = 6 },
        };
        ClusterEvent started = new() { Kind = EventKind.AllocationStarted, Realm = "realm {x}:%", At = LedgerBench.Begin };
        await using EventWriter writer = Writer("edge-1");
        writer.Add(started);
        writer.Add(ended);
        await writer.FlushAsync();
        EventPage page = await Log.ReadAsync("realm {x}:%", null, 10);
        Assert.Equal([started, ended], page.Events);
        Assert.Equal(0, page.Missed);
    }

    [Fact]
    public async Task A_reader_goes_on_where_it_was()
    {
        Assert.Equal([], (await Log.ReadAsync(Realm, null, 10)).Events);
        await WriteAsync("edge-1", 0, 7);
        string? token = null;
        List<long> got = [];
        for (int round = 0; round < 4; round++)
        {
            EventPage page = await Log.ReadAsync(Realm, token, 3);
            got.AddRange(page.Events.Select(entry => entry.Allocation));
            token = page.Token;
            Assert.False(page.Lost);
        }
        await WriteAsync("edge-2", 7, 2);
        got.AddRange((await Log.ReadAsync(Realm, token, 10)).Events.Select(entry => entry.Allocation));
        Assert.Equal(Enumerable.Range(0, 9).Select(i => (long)i), got);
    }

    [Fact]
    public async Task A_reader_may_begin_with_the_next_event()
    {
        Assert.Null(await Log.EndAsync(Realm));
        await WriteAsync("edge-1", 0, 5);
        string? end = await Log.EndAsync(Realm);
        Assert.Empty((await Log.ReadAsync(Realm, end, 10)).Events);
        await WriteAsync("edge-2", 5, 1);
        Assert.Equal(5, Assert.Single((await Log.ReadAsync(Realm, end, 10)).Events).Allocation);
    }

    [Fact]
    public async Task The_oldest_entries_go_first_and_a_late_reader_learns_how_many_it_missed()
    {
        await WriteAsync("edge-1", 0, 10);
        string? token = (await Log.ReadAsync(Realm, null, 4)).Token;
        await WriteAsync("edge-2", 10, Kept + 20);
        EventPage page = await Log.ReadAsync(Realm, token, EventLog.MaxCount);
        Assert.Equal(Kept, page.Events.Count);
        Assert.Equal(30, page.Events[0].Allocation);
        Assert.Equal(26, page.Missed);
        Assert.False(page.Lost);
        // Who begins anew misses nothing that it had asked for.
        Assert.Equal(0, (await Log.ReadAsync(Realm, null, 1)).Missed);
    }

    [Fact]
    public async Task A_reader_learns_that_the_store_lost_the_log()
    {
        await WriteAsync("edge-1", 0, 5);
        string? token = (await Log.ReadAsync(Realm, null, 10)).Token;
        await LoseAsync();
        EventPage empty = await Log.ReadAsync(Realm, token, 10);
        Assert.True(empty.Lost);
        Assert.Null(empty.Token);
        await WriteAsync("edge-1", 5, 6);
        EventPage page = await Log.ReadAsync(Realm, token, 10);
        Assert.True(page.Lost);
        Assert.Equal(Enumerable.Range(5, 6).Select(i => (long)i), page.Events.Select(entry => entry.Allocation));
        Assert.False((await Log.ReadAsync(Realm, page.Token, 10)).Lost);
    }

    [Fact]
    public async Task A_batch_is_appended_once_however_often_it_is_sent()
    {
        EventAppender appender = new(Store, "edge-1", Options);
        EventBatch batch = new(1, [Event(1), Event(2)]);
        Assert.True(await appender.AppendAsync(Realm, batch));
        Assert.False(await appender.AppendAsync(Realm, batch));
        Assert.True(await appender.AppendAsync(Realm, new EventBatch(2, [Event(3)])));
        Assert.Equal([1, 2, 3], (await Log.ReadAsync(Realm, null, 10)).Events.Select(entry => entry.Allocation));
    }

    [Fact]
    public async Task A_reader_that_follows_is_told_of_new_events()
    {
        ClusterStore reader = await OpenAsync();
        int heard = 0;
        reader.Notified += what => Interlocked.Add(ref heard, what == EventLog.Announcement(Realm) ? 1 : 0);
        await WriteAsync("edge-1", 0, 1);
        EventLog log = new(reader);
        int edge = 1;
        // An announcement may be lost while the reader's process is still about to listen.
        await Stores.UntilAsync("an announcement arrives", async () =>
        {
            await log.ReadAsync(Realm, null, 10);
            await WriteAsync("edge-" + ++edge, edge, 1);
            return Volatile.Read(ref heard) > 0;
        });
    }

    [Fact]
    public async Task A_reader_is_woken_once_for_each_reading()
    {
        EventKeys keys = new(Store.Keys, Realm);
        Task<bool> IsToBeWokenAsync() => Store.QueryAsync(database => database.KeyExistsAsync(keys.Readers));
        await WriteAsync("edge-1", 0, 1);
        Assert.False(await IsToBeWokenAsync());
        for (int round = 1; round <= 2; round++)
        {
            await Log.ReadAsync(Realm, null, 10);
            Assert.True(await IsToBeWokenAsync());
            await WriteAsync("edge-" + round + 1, round, 1);
            Assert.False(await IsToBeWokenAsync());
        }
    }

    [Fact]
    public async Task Events_of_no_realm_are_in_the_log_of_all_realms()
    {
        await using EventWriter writer = Writer("edge-1");
        writer.Add(new ClusterEvent { Kind = EventKind.EdgeJoined, Edge = "edge-1", At = LedgerBench.Begin });
        await writer.FlushAsync();
        Assert.Equal(EventKind.EdgeJoined, Assert.Single((await Log.ReadAsync(ClusterKeys.AllRealms, null, 10)).Events).Kind);
    }

    [Fact]
    public async Task What_a_newer_edge_wrote_and_this_one_cannot_read_counts_as_missed()
    {
        await WriteAsync("edge-1", 0, 1);
        EventKeys keys = new(Store.Keys, Realm);
        await Store.QueryAsync(database => database.ListRightPushAsync(keys.Log, """{"kind":"SomethingNew","at":"2026-03-10T12:00:00+00:00"}"""));
        await Store.QueryAsync(database => database.HashIncrementAsync(keys.Head, "last"));
        EventPage page = await Log.ReadAsync(Realm, null, 10);
        Assert.Single(page.Events);
        Assert.Equal(1, page.Missed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("-5")]
    [InlineData("abc-")]
    [InlineData("abc--1")]
    [InlineData("abc-99999999999999999999")]
    public async Task What_is_no_token_is_refused(string token) =>
        await Assert.ThrowsAsync<FormatException>(() => Log.ReadAsync(Realm, token, 10));

    private static ClusterEvent Event(long number) =>
        new() { Kind = EventKind.AllocationStarted, Realm = Realm, Allocation = number, At = LedgerBench.Begin };

    private EventWriter Writer(string edge) => new(Store, edge, Options, new FakeTimeProvider(LedgerBench.Begin), NullLoggerFactory.Instance);

    private async Task WriteAsync(string edge, int first, int count)
    {
        await using EventWriter writer = Writer(edge);
        for (int i = 0; i < count; i++)
        {
            writer.Add(Event(first + i));
        }
        await writer.FlushAsync();
    }

    /// <summary>What is left of the log in a store that was started again without data.</summary>
    private async Task LoseAsync()
    {
        EventKeys keys = new(Store.Keys, Realm);
        foreach (RedisKey key in new[] { keys.Head, keys.Log, keys.Readers, Store.Keys.Events(Realm, "batch:edge-1") })
        {
            await Store.QueryAsync(database => database.KeyDeleteAsync(key));
        }
    }
}

public sealed class EventsOnEmbedded(SharedStores stores) : EventConformance(stores, StoreKind.Embedded);

public sealed class EventsOnRedis(SharedStores stores) : EventConformance(stores, StoreKind.Redis);

public sealed class EventsOnSentinel(SharedStores stores) : EventConformance(stores, StoreKind.Sentinel);

public sealed class EventsOnCluster(SharedStores stores) : EventConformance(stores, StoreKind.Cluster);
