using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>What a heartbeat brings back.</summary>
/// <param name="Epoch">Another one than before: the store lost everything in between.</param>
/// <param name="EpochAgeMilliseconds">How long ago the store was found empty.</param>
/// <param name="Change">Number of the last change; a lower one than before: the store lost changes.</param>
/// <param name="Changed">What changed since the number that was passed; <c>*</c> stands for everything.</param>
/// <param name="Orders">All orders to this edge.</param>
/// <param name="Edges">Edges that are members, this one included.</param>
public sealed record HeartbeatReply(
    string Epoch, long EpochAgeMilliseconds, long Change, IReadOnlyList<string> Changed, IReadOnlyList<Order> Orders, int Edges)
{
    /// <summary>The name in <see cref="Changed"/> that stands for everything.</summary>
    public const string Everything = "*";

    /// <summary>The store's clock, milliseconds of Unix time.</summary>
    public long StoreTime { get; init; }
}

/// <summary>Which edges there are. Every method throws <see cref="StoreUnavailableException"/> while the store is away.</summary>
public sealed class Membership
{
    /// <summary>What is announced when an edge comes, goes, or changes in something that others act upon.</summary>
    public const string Change = "edges";

    /// <summary>How long it is kept that an edge left in order: as long as somebody may wonder where it is.</summary>
    public static readonly TimeSpan LeftKept = TimeSpan.FromMinutes(20);

    private const int EpochBytes = 8;
    private static readonly ClusterScript HeartbeatScript = ClusterScript.Load("heartbeat");
    private static readonly ClusterScript LeaveScript = ClusterScript.Load("leave");
    private static readonly ClusterScript EdgesScript = ClusterScript.Load("edges");
    private readonly ClusterStore _store;

    // Made once: a heartbeat that is retried offers the same epoch.
    private readonly string _epoch = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(EpochBytes));

    /// <summary>The edges of a store.</summary>
    public Membership(ClusterStore store) => _store = store;

    /// <summary>Says that an edge is there, and asks what is new: one script, one round trip.</summary>
    /// <param name="record">The edge.</param>
    /// <param name="lastChange"><see cref="ClusterView.Seen"/>.</param>
    public Task<HeartbeatReply> BeatAsync(EdgeRecord record, long lastChange) => BeatAsync(
        record.Id, JsonSerializer.SerializeToUtf8Bytes(record, ClusterJson.Default.EdgeRecord), Shape(record), lastChange);

    /// <summary>Asks what is new without being an edge.</summary>
    /// <param name="lastChange"><see cref="ClusterView.Seen"/>.</param>
    public Task<HeartbeatReply> WatchAsync(long lastChange) => BeatAsync("", "", "", lastChange);

    /// <summary>Takes an edge out at once; its record would expire by itself.</summary>
    /// <param name="id">The edge.</param>
    /// <param name="inOrder">Whether it had drained: nobody was surprised by its end.</param>
    public Task LeaveAsync(string id, bool inOrder) => _store.RunAsync(
        LeaveScript,
        [
            _store.Keys.Change, _store.Keys.Changes, _store.Keys.Edges, _store.Keys.EdgeExpiry, _store.Keys.EdgeShapes,
            _store.Keys.Orders(id), _store.Keys.EdgesLeft,
        ],
        [_store.Keys.Notify, id, inOrder ? 1 : 0, (long)LeftKept.TotalMilliseconds]);

    /// <summary>Edges that left in order, for <see cref="LeftKept"/> at least: their ids, and when, in seconds of Unix time by the store's clock.</summary>
    public async Task<IReadOnlyDictionary<string, double>> ListLeftAsync()
    {
        SortedSetEntry[] left = await _store.QueryAsync(
            database => database.SortedSetRangeByRankWithScoresAsync(_store.Keys.EdgesLeft, flags: CommandFlags.DemandMaster), "ZRANGE").ConfigureAwait(false);
        return left.ToDictionary(edge => edge.Element.ToString(), edge => edge.Score / 1000);
    }

    /// <summary>The edges that are members now, by id, with their loads.</summary>
    public async Task<IReadOnlyList<EdgeRecord>> ListAsync()
    {
        RedisResult records = await _store.RunAsync(EdgesScript, [_store.Keys.Edges, _store.Keys.EdgeExpiry], []).ConfigureAwait(false);
        return
        [
            .. ((RedisValue[])records!).Select(record => ClusterJson.Read(record, ClusterJson.Default.EdgeRecord))
                .OfType<EdgeRecord>().OrderBy(edge => edge.Id, StringComparer.Ordinal),
        ];
    }

    private async Task<HeartbeatReply> BeatAsync(string id, RedisValue record, string shape, long lastChange)
    {
        RedisResult reply = await _store.RunAsync(
            HeartbeatScript,
            [
                _store.Keys.Change, _store.Keys.Changes, _store.Keys.Edges, _store.Keys.EdgeExpiry, _store.Keys.EdgeShapes,
                _store.Keys.Orders(id), _store.Keys.Epoch,
            ],
            [
                _store.Keys.Notify, id, record, shape, _store.Options.MemberExpiry * 1000L,
                lastChange.ToString(CultureInfo.InvariantCulture), _epoch, (long)OrderBook.Kept.TotalMilliseconds,
            ]).ConfigureAwait(false);
        return new HeartbeatReply(
            (string)reply[0]!,
            TimedHash.Number(reply[1]),
            TimedHash.Number(reply[2]),
            (string[])reply[3]!,
            Order.Parse(TimedHash.Pairs(reply[4])),
            (int)reply[5])
        {
            StoreTime = TimedHash.Number(reply[6]),
        };
    }

    // A load that changes each second is no news to the others.
    private static string Shape(EdgeRecord record) => Convert.ToHexStringLower(SHA256.HashData(
        JsonSerializer.SerializeToUtf8Bytes(record with { Load = new EdgeLoad() }, ClusterJson.Default.EdgeRecord)).AsSpan(0, 16));
}
