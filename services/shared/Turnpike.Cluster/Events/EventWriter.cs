using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Turnpike.Cluster;

/// <summary>Counts of an <see cref="EventWriter"/>.</summary>
/// <param name="Waiting">Events that the store does not have yet.</param>
/// <param name="Written">Events that the store has acknowledged.</param>
/// <param name="Dropped">Events that were dropped because too many waited.</param>
/// <param name="Failures">Flushes that the store did not answer or refused, in part or whole.</param>
public readonly record struct EventStatistics(int Waiting, long Written, long Dropped, long Failures);

/// <summary>
/// Appends this edge's lifecycle events to the realms' logs, each exactly once. Unlike usage they are not worth any amount of memory: when
/// more than <see cref="Capacity"/> wait, the oldest are dropped and counted. Safe for threads.
/// </summary>
public sealed class EventWriter : IAsyncDisposable
{
    /// <summary>Events that may wait while the store is away: about 10 MB, and over a minute of a busy edge.</summary>
    public const int Capacity = 20_000;

    /// <summary>Time between two flushes; who follows the log sees an event about this late.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Realms that are written at the same time.</summary>
    private const int Parallelism = 8;

    private readonly EventQueue _queue;
    private readonly SemaphoreSlim _flushing = new(1);
    private readonly IEventAppender _appender;
    private readonly FlushLoop _loop;
    private long _written;
    private long _failures;

    /// <summary>Makes the writer of one edge; <see cref="Start"/> makes it flush.</summary>
    /// <param name="store">The store.</param>
    /// <param name="edgeId">Name of this process; never used by another one, not even by its successor.</param>
    /// <param name="options">Length and retention of the logs.</param>
    /// <param name="time">The clock of the flushes.</param>
    /// <param name="loggers">Makes the logger.</param>
    public EventWriter(ClusterStore store, string edgeId, ClusterOptions options, TimeProvider time, ILoggerFactory loggers)
        : this(new EventAppender(store, edgeId, options), Capacity, time, loggers)
    {
    }

    internal EventWriter(IEventAppender appender, int capacity, TimeProvider time, ILoggerFactory loggers)
    {
        _appender = appender;
        _queue = new EventQueue(capacity);
        _loop = new FlushLoop("events", Interval, FlushAsync, time, loggers.CreateLogger<EventWriter>());
    }

    /// <summary>Counts since the start, and what waits now.</summary>
    public EventStatistics Statistics
    {
        get
        {
            (int waiting, long dropped) = _queue.Counts;
            return new EventStatistics(waiting, Interlocked.Read(ref _written), dropped, Interlocked.Read(ref _failures));
        }
    }

    /// <summary>Adds an event to the log of its realm. Never waits for the store.</summary>
    public void Add(ClusterEvent entry) => _queue.Add(entry);

    /// <summary>Flushes from now on, once a second.</summary>
    public void Start() => _loop.Start();

    /// <summary>Writes what waits.</summary>
    /// <exception cref="StoreException">Some or all could not be written, and waits.</exception>
    public async Task FlushAsync()
    {
        await _flushing.WaitAsync().ConfigureAwait(false);
        try
        {
            ConcurrentQueue<StoreException> failures = new();
            ParallelOptions parallel = new() { MaxDegreeOfParallelism = Parallelism };
            await Parallel.ForEachAsync(_queue.Pending(), parallel, async (realm, _) =>
            {
                try
                {
                    await FlushAsync(realm).ConfigureAwait(false);
                }
                catch (StoreException e)
                {
                    failures.Enqueue(e);
                }
            }).ConfigureAwait(false);
            if (failures.TryDequeue(out StoreException? failure))
            {
                _ = Interlocked.Increment(ref _failures);
                throw failure;
            }
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

    /// <summary>One batch after the other: a later one must not be written before an earlier one that had no answer.</summary>
    private async Task FlushAsync(string realm)
    {
        while (_queue.Next(realm) is EventBatch batch)
        {
            _ = await _appender.AppendAsync(realm, batch).ConfigureAwait(false);
            _queue.Acknowledge(realm);
            _ = Interlocked.Add(ref _written, batch.Events.Count);
        }
    }
}
