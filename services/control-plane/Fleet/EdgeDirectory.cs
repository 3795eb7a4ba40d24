using System.Collections.Frozen;
using Turnpike.Cluster;

namespace Turnpike.ControlPlane.Fleet;

/// <summary>
/// Keeps the list of edges fresh: reads it each second, and at once when an edge comes, goes or changes. A store that is away leaves the
/// last list in place.
/// </summary>
public sealed class EdgeDirectory(ClusterStore store, TimeProvider time) : BackgroundService, IEdgeDirectory
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(5);

    private readonly Membership _membership = new(store);
    private readonly SemaphoreSlim _wake = new(0, 1);
    private volatile State _state = new([], null, FrozenDictionary<string, double>.Empty);
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<EdgeRecord> Current => _state.Edges;

    public bool IsFresh => _state.ReadAt is { } readAt && time.GetElapsedTime(readAt) < Stale;

    /// <summary>When edges left that had drained, by name, in seconds of Unix time; for <see cref="Membership.LeftKept"/>.</summary>
    public IReadOnlyDictionary<string, double> Left
    {
        get
        {
            double oldest = time.GetUtcNow().ToUnixTimeSeconds() - Membership.LeftKept.TotalSeconds;
            return _state.Left.Where(edge => edge.Value > oldest).ToFrozenDictionary();
        }
    }

    /// <summary>Done when the list has been read again; to be taken before <see cref="Current"/> is looked at.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>The edges as the store has them now.</summary>
    /// <exception cref="StoreException">The store is away or refuses.</exception>
    public Task<IReadOnlyList<EdgeRecord>> ReadAsync() => _membership.ListAsync();

    /// <summary>The edges as last read, however long ago; read now where they never were.</summary>
    /// <exception cref="StoreException">The store was never reached.</exception>
    public Task<IReadOnlyList<EdgeRecord>> KnownAsync() => _state.ReadAt is null ? ReadAsync() : Task.FromResult(Current);

    /// <summary>The edges as they were a moment ago.</summary>
    /// <exception cref="StoreException">The store is away.</exception>
    public Task<IReadOnlyList<EdgeRecord>> FreshAsync() => IsFresh ? Task.FromResult(Current) : ReadAsync();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        store.Notified += OnNotified;
        store.AvailabilityChanged += OnAvailability;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await RefreshAsync();
                await Task.Delay(LeastPause, time, stoppingToken);
                await _wake.WaitAsync(Interval, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return; // The process ends.
        }
        finally
        {
            store.Notified -= OnNotified;
            store.AvailabilityChanged -= OnAvailability;
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _wake.Dispose();
    }

    private async Task RefreshAsync()
    {
        try
        {
            State before = _state;
            IReadOnlyList<EdgeRecord> edges = await _membership.ListAsync();
            _state = new State(edges, time.GetTimestamp(), IsOneMissed(before, edges) ? await LeftByNameAsync() : before.Left);
        }
        catch (StoreException)
        {
            return; // The store says so itself; the list gets old, and whoever asks is told.
        }
        Interlocked.Exchange(ref _next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    // At first all of them are, which left while nobody looked.
    private static bool IsOneMissed(State before, IReadOnlyList<EdgeRecord> edges) =>
        before.ReadAt is null || before.Edges.ExceptBy(edges.Select(edge => edge.Id), edge => edge.Id).Any();

    private async Task<FrozenDictionary<string, double>> LeftByNameAsync() => (await _membership.ListLeftAsync())
        .GroupBy(edge => EdgeRecord.NameOf(edge.Key), edge => edge.Value)
        .ToFrozenDictionary(edge => edge.Key, edge => edge.Max());

    private void OnNotified(string what)
    {
        if (what == Membership.Change)
        {
            Wake();
        }
    }

    private void OnAvailability(bool isAvailable)
    {
        if (isAvailable)
        {
            Wake();
        }
    }

    private void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // The reading that is due already will do.
        }
    }

    private sealed record State(IReadOnlyList<EdgeRecord> Edges, long? ReadAt, FrozenDictionary<string, double> Left);
}
