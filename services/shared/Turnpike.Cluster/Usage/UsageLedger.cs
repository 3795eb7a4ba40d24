using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Turnpike.Cluster;

/// <summary>
/// Counts what this edge relays, and writes it to the store every <see cref="ClusterOptions.UsageFlush"/> seconds in batches that are
/// added exactly once. A crash loses what was added since the last flush; a store that is away loses nothing. Safe for threads.
/// </summary>
/// <remarks>
/// Byte quotas are checked against the totals of the whole cluster at each flush, for users that were added or asked about in the last
/// two minutes. So a quota is overrun by what all edges relay in about one flush interval.
/// </remarks>
public sealed partial class UsageLedger : IAsyncDisposable
{
    /// <summary>Realms that are written at the same time.</summary>
    private const int Parallelism = 8;

    // A realm stays: its batch numbers must go on where they were.
    private readonly ConcurrentDictionary<string, RealmUsage> _realms = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _flushing = new(1);
    private readonly IUsageWriter _writer;
    private readonly Func<string, RealmPolicy?> _policy;
    private readonly TimeProvider _time;
    private readonly ILogger<UsageLedger> _logger;
    private readonly FlushLoop _loop;
    private long _rowsWritten;
    private long _batchesRepeated;
    private long _flushes;
    private long _failures;

    /// <summary>Makes the ledger of one edge; <see cref="Start"/> makes it flush.</summary>
    /// <param name="store">The store.</param>
    /// <param name="edgeId">Name of this process; never used by another one, not even by its successor.</param>
    /// <param name="options">Interval and retention.</param>
    /// <param name="policy">The policy of a realm as it is now; called often.</param>
    /// <param name="time">The clock that says which minute usage belongs to.</param>
    /// <param name="loggers">Makes the logger.</param>
    public UsageLedger(ClusterStore store, string edgeId, ClusterOptions options, Func<string, RealmPolicy?> policy, TimeProvider time, ILoggerFactory loggers)
        : this(new UsageWriter(store, edgeId, options), options, policy, time, loggers)
    {
    }

    internal UsageLedger(IUsageWriter writer, ClusterOptions options, Func<string, RealmPolicy?> policy, TimeProvider time, ILoggerFactory loggers)
    {
        _writer = writer;
        _policy = policy;
        _time = time;
        _logger = loggers.CreateLogger<UsageLedger>();
        _loop = new FlushLoop("usage", TimeSpan.FromSeconds(options.UsageFlush), FlushAsync, time, _logger);
    }

    /// <summary>
    /// A byte quota is used up: told by a flush, once a period for each user and realm, and again when the quota is changed in the period and
    /// is used up too.
    /// </summary>
    public event Action<ByteQuotaReached>? QuotaReached;

    /// <summary>Counts since the start, and what waits now.</summary>
    public UsageStatistics Statistics
    {
        get
        {
            int rows = 0;
            long now = Now;
            long oldest = now;
            foreach (RealmUsage realm in _realms.Values)
            {
                (int waiting, long? oldestAt) = realm.Waiting;
                rows += waiting;
                oldest = Math.Min(oldest, oldestAt ?? now);
            }
            return new UsageStatistics
            {
                LagSeconds = (now - oldest) / 1000.0,
                RowsWaiting = rows,
                RowsWritten = Interlocked.Read(ref _rowsWritten),
                BatchesRepeated = Interlocked.Read(ref _batchesRepeated),
                Flushes = Interlocked.Read(ref _flushes),
                Failures = Interlocked.Read(ref _failures),
            };
        }
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Counts usage in the minute that it is now. Never waits for the store.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative.</exception>
    public void Add(string realm, string user, string tag, in UsageAmount amount)
    {
        if (amount.IsNegative)
        {
            throw new ArgumentOutOfRangeException(nameof(amount), amount, "Usage only grows.");
        }
        if (amount != default)
        {
            Realm(realm).Add(user, tag, amount, _policy(realm), Now);
        }
    }

    /// <summary>
    /// Whether a byte quota of the user or the realm that refuses or ends allocations is used up in the running period. Ends with the
    /// period, or when the quota is raised or removed. A user who is new to this edge is known after the next flush.
    /// </summary>
    public bool IsBlocked(string realm, string user)
    {
        RealmPolicy? policy = _policy(realm);
        return policy is { BytesPerUser: not null } or { BytesPerRealm: not null } && Realm(realm).IsBlocked(user, policy, Now);
    }

    /// <summary>Flushes from now on, each <see cref="ClusterOptions.UsageFlush"/> seconds.</summary>
    public void Start() => _loop.Start();

    /// <summary>Writes what waits, and tells of quotas that are used up.</summary>
    /// <exception cref="StoreException">Some or all could not be written, and is kept.</exception>
    public async Task FlushAsync()
    {
        await _flushing.WaitAsync().ConfigureAwait(false);
        try
        {
            ConcurrentQueue<StoreException> failures = new();
            ParallelOptions parallel = new() { MaxDegreeOfParallelism = Parallelism };
            await Parallel.ForEachAsync(_realms.Values, parallel, async (realm, _) =>
            {
                try
                {
                    await realm.FlushAsync(_writer, _policy(realm.Realm), Now, Written).ConfigureAwait(false);
                }
                catch (StoreException e)
                {
                    failures.Enqueue(e);
                }
            }).ConfigureAwait(false);
            Tell();
            if (failures.TryDequeue(out StoreException? failure))
            {
                _ = Interlocked.Increment(ref _failures);
                throw failure;
            }
            _ = Interlocked.Increment(ref _flushes);
        }
        finally
        {
            _ = _flushing.Release();
        }
    }

    /// <summary>Ends the loop and flushes a last time.</summary>
    public async ValueTask DisposeAsync()
    {
        await _loop.DisposeAsync().ConfigureAwait(false);
        _flushing.Dispose();
    }

    private RealmUsage Realm(string realm) => _realms.GetOrAdd(realm, static name => new RealmUsage(name));

    private void Written(UsageBatch batch, UsageReceipt receipt)
    {
        _ = Interlocked.Add(ref _rowsWritten, batch.Rows);
        if (!receipt.Added)
        {
            _ = Interlocked.Increment(ref _batchesRepeated);
        }
    }

    private void Tell()
    {
        foreach (RealmUsage realm in _realms.Values)
        {
            foreach (ByteQuotaReached reached in realm.Reached(_policy(realm.Realm), Now))
            {
                try
                {
                    QuotaReached?.Invoke(reached);
                }
                catch (Exception e)
                {
                    // The flush goes on: usage does not depend on what others make of a quota.
                    LogHandlerFailed(_logger, e, reached.Realm);
                }
            }
        }
    }

    [LoggerMessage(EventId = 2062, Level = LogLevel.Error, Message = "What follows from a byte quota of realm {Realm} being used up failed")]
    private static partial void LogHandlerFailed(ILogger logger, Exception exception, string realm);
}
