using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>
/// What a process keeps of the cluster in memory: one immutable snapshot behind one reference, reloaded in the parts that changed.
/// What a store forgot when it was lost stays known here until it is deleted on purpose.
/// </summary>
public sealed partial class ClusterView : IDisposable
{
    /// <summary>
    /// Records of edges a second that the store is to tell all edges together on average, at most: a quarter of its core. It holds up to some
    /// 2 700 edges, where the longest wait is reached: from there on they read edges² ÷ 150 of them.
    /// </summary>
    internal const double RecordsPerSecond = 50_000;

    // What the store does for so small a fleet at once, in some 25 ms, is not worth a wait, which lasts until a heartbeat anyway.
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(250);

    // No longer than an edge waits before it reads everything anyway.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    // Waits are drawn in so many parts of the longest.
    private const int Parts = 1000;

    private readonly ClusterStore _store;
    private readonly RealmStore _realms;
    private readonly RevocationStore _revocations;
    private readonly KeyStore _keys;
    private readonly Membership _membership;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _turn = new(1, 1);

    // What only this process still knows of a store that was lost.
    private readonly HashSet<string> _keptRealms = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Revocation> _keptRevocations = new(StringComparer.Ordinal);
    private volatile ClusterSnapshot _current = ClusterSnapshot.Empty;
    private long _seen;

    // By the store's clock, milliseconds; null: the list of edges is as it was announced last.
    private long? _edgesDueAt;

    /// <summary>A view that is empty until <see cref="LoadAsync"/> or the first heartbeat.</summary>
    public ClusterView(ClusterStore store, ILoggerFactory loggers)
    {
        _store = store;
        _realms = new RealmStore(store);
        _revocations = new RevocationStore(store);
        _keys = new KeyStore(store);
        _membership = new Membership(store);
        _logger = loggers.CreateLogger<ClusterView>();
    }

    /// <summary>Raised after each change, in order, one at a time.</summary>
    public event Action<ClusterSnapshot>? Changed;

    /// <summary>The latest snapshot.</summary>
    public ClusterSnapshot Current => _current;

    /// <summary>Number of the last change that the snapshot contains: what a heartbeat is to pass.</summary>
    public long Seen => Interlocked.Read(ref _seen);

    /// <summary>Reads everything.</summary>
    /// <exception cref="StoreUnavailableException">The store is away; the snapshot stays.</exception>
    public Task LoadAsync() => ExclusivelyAsync(async () =>
    {
        // The number comes before what it numbers: a change in between is read again, not missed.
        HeartbeatReply reply = await _membership.WatchAsync(Seen).ConfigureAwait(false);
        await LoadAllAsync(reply).ConfigureAwait(false);
    });

    /// <summary>Reads what changed according to a heartbeat; everything where the store was lost.</summary>
    /// <param name="reply">The heartbeat's answer.</param>
    /// <param name="edgesAtOnce">Whether the list of edges is needed now, and not after the wait that spares the store of a large fleet.</param>
    /// <exception cref="StoreUnavailableException">The store is away; the snapshot stays, and the next heartbeat tells again.</exception>
    public Task OnHeartbeatAsync(HeartbeatReply reply, bool edgesAtOnce = false) => ExclusivelyAsync(() => FollowAsync(reply, edgesAtOnce));

    /// <summary>Takes the keys that <see cref="KeyStore.EnsureAsync"/> returned.</summary>
    public Task AdoptAsync(ClusterKeyRing keys) => ExclusivelyAsync(() =>
    {
        if (!SameKeys(_current.Keys, keys))
        {
            Publish(_current with { Keys = keys });
        }
        return Task.CompletedTask;
    });

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async Task ExclusivelyAsync(Func<Task> change)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            await change().ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task FollowAsync(HeartbeatReply reply, bool edgesAtOnce)
    {
        if (_current.Loaded && IsBehind(reply))
        {
            // Either the store was lost, or this answer is older than what was loaded meanwhile: another one tells.
            reply = await _membership.WatchAsync(Seen).ConfigureAwait(false);
        }
        bool all = !_current.Loaded || IsBehind(reply) || reply.Changed.Contains(HeartbeatReply.Everything);
        await (all ? LoadAllAsync(reply) : LoadChangedAsync(reply, edgesAtOnce)).ConfigureAwait(false);
    }

    private bool IsBehind(HeartbeatReply reply) => reply.Epoch != _current.Epoch || reply.Change < Seen;

    private async Task LoadAllAsync(HeartbeatReply reply)
    {
        ClusterSnapshot before = _current;
        bool lost = before.Loaded && IsBehind(reply);
        Dictionary<string, RealmRecord> realms = (await _realms.ListAsync().ConfigureAwait(false)).ToDictionary(realm => realm.Name, StringComparer.Ordinal);
        IReadOnlyList<Revocation> revocations = await _revocations.ListAsync().ConfigureAwait(false);
        ClusterKeyRing? keys = await _keys.ReadAsync().ConfigureAwait(false);
        IReadOnlyList<EdgeRecord> edges = await _membership.ListAsync().ConfigureAwait(false);
        if (lost)
        {
            _keptRealms.UnionWith(before.Realms.Keys);
            foreach (Revocation revocation in before.Revocations.All)
            {
                _keptRevocations[revocation.Id] = revocation;
            }
        }
        foreach (string name in Names(reply, RealmStore.Change("")))
        {
            _keptRealms.Remove(name);
        }
        foreach (string name in _keptRealms.Where(name => !realms.ContainsKey(name)))
        {
            realms[name] = before.Realms[name];
        }
        _keptRealms.RemoveWhere(name => !ReferenceEquals(realms[name], before.Realms[name]));
        if (lost)
        {
            LogLost(_logger, _keptRealms.Count);
        }
        _edgesDueAt = null;
        Publish(new ClusterSnapshot
        {
            Realms = realms.ToFrozenDictionary(StringComparer.Ordinal),
            Revocations = WithKept(revocations, reply),
            Keys = keys ?? before.Keys,
            Edges = edges,
            Epoch = reply.Epoch,
            Loaded = true,
        });
        Interlocked.Exchange(ref _seen, reply.Change);
    }

    private async Task LoadChangedAsync(HeartbeatReply reply, bool edgesAtOnce)
    {
        ClusterSnapshot next = _current;
        string[] names = [.. Names(reply, RealmStore.Change(""))];
        if (names.Length > 0)
        {
            next = next with { Realms = await WithRealmsAsync(next.Realms, names).ConfigureAwait(false) };
        }
        if (reply.Changed.Contains(RevocationStore.Change))
        {
            next = next with { Revocations = WithKept(await _revocations.ListAsync().ConfigureAwait(false), reply) };
        }
        if (reply.Changed.Contains(KeyStore.Change))
        {
            next = next with { Keys = await _keys.ReadAsync().ConfigureAwait(false) ?? next.Keys };
        }
        if (reply.Changed.Contains(Membership.Change))
        {
            _edgesDueAt ??= DueAfter(reply);
        }
        if (edgesAtOnce || reply.StoreTime >= _edgesDueAt)
        {
            // Nobody tells of this change again: should the read fail, it is tried after another wait.
            _edgesDueAt = DueAfter(reply);
            next = next with { Edges = await _membership.ListAsync().ConfigureAwait(false) };
            _edgesDueAt = null;
        }
        if (!ReferenceEquals(next, _current))
        {
            Publish(next);
        }
        Interlocked.Exchange(ref _seen, reply.Change);
    }

    private async Task<FrozenDictionary<string, RealmRecord>> WithRealmsAsync(FrozenDictionary<string, RealmRecord> before, string[] names)
    {
        RedisValue[] values = await _store.QueryAsync(database => database.HashGetAsync(
            _store.Keys.Realms, [.. names.Select(name => (RedisValue)name)], CommandFlags.DemandMaster), "HMGET").ConfigureAwait(false);
        Dictionary<string, RealmRecord> realms = new(before, StringComparer.Ordinal);
        for (int i = 0; i < names.Length; i++)
        {
            // Edited or deleted on purpose, after the store was lost or without a loss: the store is right.
            _keptRealms.Remove(names[i]);
            if (RealmStore.Parse(values[i]) is RealmRecord realm)
            {
                realms[names[i]] = realm;
            }
            else
            {
                realms.Remove(names[i]);
            }
        }
        return realms.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private RevocationSet WithKept(IReadOnlyList<Revocation> stored, HeartbeatReply reply)
    {
        foreach (string id in Names(reply, RevocationStore.RemovedPrefix).Concat(stored.Select(revocation => revocation.Id)))
        {
            _keptRevocations.Remove(id);
        }
        foreach (string id in _keptRevocations.Values.Where(kept => kept.ExpiresAt <= reply.StoreTime / 1000).Select(kept => kept.Id).ToArray())
        {
            _keptRevocations.Remove(id);
        }
        return RevocationSet.From(stored.Concat(_keptRevocations.Values));
    }

    /// <summary>
    /// How long an edge waits at most before it reads which edges there are. Each change makes every edge read every edge's record: a fleet
    /// that does it at once keeps its store busy for seconds, which its heartbeats do not survive. Fleets of up to 79 do not wait. The wait
    /// ends with the heartbeat after it.
    /// </summary>
    internal static TimeSpan WaitOf(int edges)
    {
        // Half of it on average.
        var wait = TimeSpan.FromSeconds(2.0 * edges * edges / RecordsPerSecond);
        return wait < ShortestWait ? TimeSpan.Zero : wait < LongestWait ? wait : LongestWait;
    }

    private static long DueAfter(HeartbeatReply reply) =>
        reply.StoreTime + (long)(WaitOf(reply.Edges) * RandomNumberGenerator.GetInt32(1, Parts + 1) / Parts).TotalMilliseconds;

    private void Publish(ClusterSnapshot snapshot)
    {
        _current = snapshot;
        Changed?.Invoke(snapshot);
    }

    private static IEnumerable<string> Names(HeartbeatReply reply, string prefix) =>
        reply.Changed.Where(what => what.StartsWith(prefix, StringComparison.Ordinal)).Select(what => what[prefix.Length..]);

    private static bool SameKeys(ClusterKeyRing? one, ClusterKeyRing other) =>
        one is not null && Same(one.Nonce, other.Nonce) && Same(one.Ticket, other.Ticket);

    private static bool Same(IReadOnlyList<ClusterKey> one, IReadOnlyList<ClusterKey> other) =>
        one.Count == other.Count && one.Zip(other).All(pair => pair.First.Id == pair.Second.Id && pair.First.ActiveAt == pair.Second.ActiveAt);

    [LoggerMessage(EventId = 2010, Level = LogLevel.Warning,
        Message = "The store has lost what it held: {Kept} realms are known from memory only, until they are put again or deleted")]
    private static partial void LogLost(ILogger logger, int kept);
}
