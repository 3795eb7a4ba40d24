using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Turnpike.Cluster;
using Turnpike.Edge.Options;
using Turnpike.ServiceDefaults;

namespace Turnpike.Edge.Cluster;

/// <summary>
/// Keeps this edge a member of the cluster: says with each heartbeat that it is there, takes over what has changed, does what it is
/// ordered, and brings usage and events to the store. A store that is away stops none of it for good.
/// </summary>
internal sealed partial class ClusterLink : IHostedLifecycleService, IDisposable
{
    // An announcement is followed at once, but many of them by few heartbeats.
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan KeyCheck = TimeSpan.FromSeconds(30);

    // A failover may lose an edit whose number another one overtakes before anybody looks: rare, and not to last.
    private static readonly TimeSpan ReadAll = TimeSpan.FromMinutes(5);

    // A ticket or a nonce that was made just before another key came is good for its life and the differences of clocks.
    private const int OverlapMargin = 120;

    // The last words of a process that is told to end; Kubernetes kills 30 s after the drain at the latest.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private readonly EdgeCluster _cluster;
    private readonly IRelay _relay;
    private readonly EdgeSettings _settings;
    private readonly EdgeRecorder _recorder;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private Task _beating = Task.CompletedTask;
    private Task _feeding = Task.CompletedTask;
    private string _state = "";
    private string? _epoch;
    private long _storeAhead;
    private long? _drainBegan;
    private long? _drainDeadline;
    private long _keysCheckedAt;
    private long _readAllAt;
    private bool _keysAreDue = true;
    private long _lastBeat;
    private bool _endsInOrder;
    private volatile bool _wasAway = true;

    public ClusterLink(
        EdgeCluster cluster,
        IRelay relay,
        EdgeSettings settings,
        ServiceIdentity identity,
        IMeterFactory meters,
        TimeProvider time,
        ILogger<ClusterLink> logger)
    {
        _cluster = cluster;
        _relay = relay;
        _settings = settings;
        _time = time;
        _logger = logger;
        _recorder = new EdgeRecorder(cluster.Id, identity.Version, settings, time);
        _lastBeat = _readAllAt = time.GetTimestamp();
        ClusterMetrics.Add(meters, cluster, () => HeartbeatAge);
    }

    /// <summary>Seconds since the store last took a heartbeat; since the start, before the first.</summary>
    public double HeartbeatAge => _time.GetElapsedTime(Interlocked.Read(ref _lastBeat)).TotalSeconds;

    /// <summary>Seconds of Unix time by the store's clock, as far as known.</summary>
    private long StoreNow => (_time.GetUtcNow().ToUnixTimeMilliseconds() + Interlocked.Read(ref _storeAhead)) / 1000;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _cluster.Store.AvailabilityChanged += OnAvailability;
        _cluster.Store.Notified += OnNotified;
        _cluster.Ledger.Start();
        _cluster.Events.Start();
        _beating = Task.Run(BeatLoopAsync, CancellationToken.None);
        _feeding = Task.Run(FeedLoopAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        // While the relay can still tell: one whose shard has failed stops without a drain.
        _endsInOrder = _relay.State == RelayState.Draining;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>After the relay has ended its allocations: what they used is told, their quota given back, and the edge leaves.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        _cluster.Store.AvailabilityChanged -= OnAvailability;
        _cluster.Store.Notified -= OnNotified;
        await _stopping.CancelAsync();
        Task farewell = FarewellAsync();
        await Task.WhenAny(farewell, Task.Delay(Farewell, _time, cancellationToken));
        (int rows, int events) = (_cluster.Usage.Statistics.RowsWaiting, _cluster.Events.Statistics.Waiting);
        if (rows + events > 0)
        {
            LogUnsaid(_logger, rows, events);
        }
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _wake.Dispose();
    }

    private async Task FarewellAsync()
    {
        await Task.WhenAll(_beating, _feeding);
        _cluster.Feeder.Feed();
        if (_state.Length > 0)
        {
            _cluster.Events.Add(EventOf(EventKind.EdgeLeft));
        }

        // Each of them writes a last time, if the store lets it.
        await Task.WhenAll(
            _cluster.Usage.DisposeAsync().AsTask(), _cluster.Events.DisposeAsync().AsTask(), _cluster.Ledger.DisposeAsync().AsTask());
        await _cluster.Membership.LeaveAsync(_cluster.Id, _endsInOrder);
    }

    private async Task BeatLoopAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                FollowServers();
                await BeatAsync();
            }
            catch (StoreException)
            {
                // The store itself says so, once; the next heartbeat tries again.
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogBroken(_logger, exception);
            }

            EnforceDrainDeadline();
            await PauseAsync(LeastPause);
            TimeSpan interval = TimeSpan.FromMilliseconds(_settings.Cluster.Heartbeat) * (RandomNumberGenerator.GetInt32(900, 1100) / 1000.0);
            await PauseAsync(interval - LeastPause, _wake);
        }
    }

    // A name service that is slow does not hold up the heartbeat: what it says is taken over with the next one.
    private void FollowServers()
    {
        _ = _cluster.Servers.RefreshAsync();
        _cluster.Policy.FollowServers();
    }

    /// <summary>One heartbeat, and what follows from it.</summary>
    internal async Task BeatAsync()
    {
        EdgeRecord record = _recorder.Write(_relay, _wasAway, _cluster.Management);
        HeartbeatReply reply = await _cluster.Membership.BeatAsync(record, _cluster.View.Seen);
        _wasAway = false;
        Interlocked.Exchange(ref _lastBeat, _time.GetTimestamp());
        Interlocked.Exchange(ref _storeAhead, reply.StoreTime - _time.GetUtcNow().ToUnixTimeMilliseconds());
        _cluster.Edges = reply.Edges;
        _cluster.Ledger.OnEpoch(reply.Epoch, reply.EpochAgeMilliseconds);
        // Whoever begins to drain sends clients to the edges that are ready now.
        bool beginsToDrain = TellState(record.State);

        bool isOtherStore = _epoch != reply.Epoch;
        _epoch = reply.Epoch;
        _keysAreDue |= isOtherStore;
        if (reply.Changed.Contains(UserStore.Change(_settings.Realm)) || (!isOtherStore && reply.Changed.Contains(HeartbeatReply.Everything)))
        {
            // A store that was lost says nothing about users; those in memory go on until their time is over.
            _cluster.Users.Invalidate();
        }

        Obey(reply.Orders);
        await _cluster.View.OnHeartbeatAsync(reply, edgesAtOnce: beginsToDrain);
        if (_time.GetElapsedTime(_readAllAt) >= ReadAll)
        {
            await _cluster.View.LoadAsync();
            _readAllAt = _time.GetTimestamp();
        }

        _cluster.Apply(_cluster.View.Current, StoreNow);
        if (_keysAreDue || _time.GetElapsedTime(_keysCheckedAt) >= KeyCheck)
        {
            await EnsureKeysAsync();
        }

        await AcknowledgeAsync(reply.Orders);
    }

    private async Task EnsureKeysAsync()
    {
        int overlap = Math.Max(_settings.Lifetimes.Nonce, _settings.Lifetimes.MaxAllocation) + OverlapMargin;
        ClusterKeyRing ring = await _cluster.KeyStore.EnsureAsync(_cluster.Keys.Ring, _settings.Cluster.KeyRotation, overlap);
        await _cluster.View.AdoptAsync(ring);
        _keysCheckedAt = _time.GetTimestamp();
        _keysAreDue = false;
        _cluster.Apply(_cluster.View.Current, StoreNow);
    }

    private void Obey(IReadOnlyList<Order> orders)
    {
        DrainOrder? drain = orders.OfType<DrainOrder>().FirstOrDefault();
        if (drain is not null != _drainDeadline is not null)
        {
            LogDrainOrder(_logger, drain is not null ? "drains by order" : "no longer drains by order");
            Wake(); // So that the others know soon.
        }

        _drainBegan = drain is null ? null : _drainBegan ?? StoreNow;
        _drainDeadline = drain?.Deadline == DrainOrder.EdgeDeadline ? _drainBegan + (long)_settings.DrainDeadline.TotalSeconds : drain?.Deadline;
        _relay.DrainByOrder(drain is not null, LeftOfDrain());
        foreach (EndAllocationsOrder order in orders.OfType<EndAllocationsOrder>())
        {
            LogEndOrder(_logger, order.Allocations.Count);
            _relay.EndAllocations(order.Allocations);
        }
    }

    private TimeSpan? LeftOfDrain() =>
        _drainDeadline is { } deadline and not long.MaxValue ? TimeSpan.FromSeconds(Math.Max(0, deadline - StoreNow)) : null;

    private async Task AcknowledgeAsync(IReadOnlyList<Order> orders)
    {
        foreach (EndAllocationsOrder order in orders.OfType<EndAllocationsOrder>())
        {
            await _cluster.Orders.AcknowledgeAsync(_cluster.Id, order.Id);
        }
    }

    // The store need not be there for it.
    private void EnforceDrainDeadline()
    {
        if (_drainDeadline is { } deadline && StoreNow >= deadline && _relay.Allocations > 0)
        {
            LogDrainDeadline(_logger, _relay.Allocations);
            _relay.EndAllAllocations();
        }
    }

    /// <returns>Whether the edge begins to drain.</returns>
    private bool TellState(string state)
    {
        if (_state.Length == 0)
        {
            _cluster.Events.Add(EventOf(EventKind.EdgeJoined));
        }

        bool beginsToDrain = state == EdgeRecorder.Draining && _state != state;
        if (beginsToDrain)
        {
            _cluster.Events.Add(EventOf(EventKind.EdgeDraining));
        }

        _state = state;
        return beginsToDrain;
    }

    private ClusterEvent EventOf(EventKind kind) => new() { Kind = kind, Edge = _cluster.Id, At = _time.GetUtcNow() };

    private async Task FeedLoopAsync()
    {
        TimeSpan interval = TimeSpan.FromSeconds(_settings.Cluster.UsageFlush);
        while (!_stopping.IsCancellationRequested)
        {
            await PauseAsync(interval * (RandomNumberGenerator.GetInt32(800, 1000) / 1000.0));
            try
            {
                _cluster.Feeder.Feed();
                await _cluster.Usage.FlushAsync();
            }
            catch (StoreException)
            {
                // What was not written is kept, and shows in the metrics.
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogBroken(_logger, exception);
            }
        }
    }

    private void OnAvailability(bool isAvailable)
    {
        if (isAvailable)
        {
            LogAvailable(_logger);
            Wake();
        }
        else
        {
            _wasAway = true;
            LogDegraded(_logger);
        }
    }

    private void OnNotified(string what)
    {
        bool isForAnother = what.StartsWith(OrderBook.Change(""), StringComparison.Ordinal) && what != OrderBook.Change(_cluster.Id);
        if (!isForAnother && what != DecisionStore.Change && !what.StartsWith(EventLog.Announcement(""), StringComparison.Ordinal))
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
            // The heartbeat that is due already will do.
        }
    }

    private async Task PauseAsync(TimeSpan pause, SemaphoreSlim? wake = null)
    {
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        Task delay = Task.Delay(pause > TimeSpan.Zero ? pause : TimeSpan.Zero, _time, over.Token);
        await Task.WhenAny(delay, wake?.WaitAsync(over.Token) ?? delay);
        await over.CancelAsync();
    }

    [LoggerMessage(EventId = 1400, Level = LogLevel.Information, Message = "The cluster's store is reached: the edge shares what it knows")]
    private static partial void LogAvailable(ILogger logger);

    [LoggerMessage(EventId = 1401, Level = LogLevel.Warning,
        Message = "The cluster's store is away: the edge is degraded, goes on with what it knows, and keeps usage for later")]
    private static partial void LogDegraded(ILogger logger);

    [LoggerMessage(EventId = 1402, Level = LogLevel.Information, Message = "The edge {What}")]
    private static partial void LogDrainOrder(ILogger logger, string what);

    [LoggerMessage(EventId = 1403, Level = LogLevel.Warning, Message = "The drain that was ordered has reached its deadline: {Allocations} allocations are cut")]
    private static partial void LogDrainDeadline(ILogger logger, long allocations);

    [LoggerMessage(EventId = 1404, Level = LogLevel.Information, Message = "{Allocations} allocations are ended by order")]
    private static partial void LogEndOrder(ILogger logger, int allocations);

    [LoggerMessage(EventId = 1405, Level = LogLevel.Error, Message = "A heartbeat or a flush failed unexpectedly; the next one goes on")]
    private static partial void LogBroken(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 1406, Level = LogLevel.Warning,
        Message = "The store did not take the last words of this edge: {Rows} rows of usage and {Events} events are lost")]
    private static partial void LogUnsaid(ILogger logger, int rows, int events);
}
