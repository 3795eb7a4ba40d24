using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>
/// Keeps the connection: connects, probes, listens to announcements, and makes a new connection where the old one does not come
/// back. One loop; everything else only wakes it.
/// </summary>
internal sealed class StoreKeeper(ClusterStore store, ConfigurationOptions configuration, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private const int ShortestProbe = 250;
    private const int LongestProbe = 2000;

    // A store that nobody asks is looked at now and then, so that the state is true when somebody does.
    private const int IdleProbe = 5000;

    // The client library finds its way back by itself; where it does not (all addresses changed, a primary it does not hear of),
    // a new connection starts from the operator's configuration.
    private const int ReplaceAfter = 10_000;

    // The connection for announcements is ready a moment after the other; this many attempts in vain are no moment any more.
    private const int DeafAfter = 4;

    private static readonly ClusterScript ProbeScript = ClusterScript.Load("probe");
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly long _opened = time.GetTimestamp();
    private Task _loop = Task.CompletedTask;
    private ConnectionMultiplexer? _connection;
    private ChannelMessageQueue? _announcements;
    private RedisKey _suspect = store.Keys.Epoch;
    private string? _denied;
    private long _connectedAt;
    private long _lostAt;
    private int _unheard;

    /// <summary>The database to ask; null before the first connection.</summary>
    public IDatabaseAsync? Database { get; private set; }

    /// <summary>The servers that the settings name, and those that were found since.</summary>
    public IReadOnlyList<EndPoint> Servers => [.. configuration.EndPoints.Concat(Volatile.Read(ref _connection)?.GetEndPoints() ?? []).Distinct()];

    /// <summary>Milliseconds between two bounds.</summary>
    public static TimeSpan Chance(int least, int most) => TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(least, most + 1));

    public void Start() => _loop = Task.Run(KeepAsync);

    /// <summary>A call failed.</summary>
    /// <param name="state">The state in which it began.</param>
    /// <param name="fault">Why.</param>
    /// <param name="key">A key of the slot that it went to.</param>
    public void OnFault(StoreAvailability.State state, StoreFault fault, RedisKey key)
    {
        if (_stopping.IsCancellationRequested)
        {
            return; // Whoever calls to the end is told by the exception; there is nothing to come back to.
        }
        _suspect = key;
        Lose(state, fault);
        Wake();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        if (_connection is not null)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
        lock (_wake)
        {
            _stopping.Dispose();
            _wake.Dispose();
        }
    }

    private async Task KeepAsync()
    {
        int attempt = 0;
        while (!_stopping.IsCancellationRequested)
        {
            StoreAvailability.State state = store.Availability.Current;
            try
            {
                await ConnectAsync(state).ConfigureAwait(false);
                await ProbeAsync().ConfigureAwait(false);
                Restore(state);
                await ListenAsync().ConfigureAwait(false);
                attempt = 0;
            }
            catch (Exception problem)
            {
                // Whatever the library throws while it connects: this loop is the only way back, so it must not end.
                StoreFault fault = StoreFault.Of(problem);
                store.Statistics.Failed(fault.Kind);
                Lose(state, fault);
                attempt++;
            }
            await RestAsync(attempt).ConfigureAwait(false);
        }
    }

    private async Task ConnectAsync(StoreAvailability.State state)
    {
        bool stuck = !state.IsAvailable && _connection is not null && time.GetElapsedTime(_connectedAt).TotalMilliseconds > ReplaceAfter;
        if (_connection is not null && !stuck)
        {
            return;
        }
        // Part of connecting through Sentinel is synchronous, hence a thread of its own.
        ConnectionMultiplexer fresh = await Task.Run(() => ConnectionMultiplexer.ConnectAsync(configuration), _stopping.Token).ConfigureAwait(false);
        fresh.ConnectionFailed += OnConnectionFailed;
        ConnectionMultiplexer? old = _connection;
        _connection = fresh;
        _connectedAt = time.GetTimestamp();
        _announcements = null;
        Database = fresh.GetDatabase();
        if (old is not null)
        {
            old.ConnectionFailed -= OnConnectionFailed;
            await old.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task ProbeAsync()
    {
        IDatabaseAsync database = Database!;
        RedisKey suspect = _suspect;
        await store.ProbeAsync(database, ProbeScript, store.Keys.Probe(store.Keys.Epoch)).ConfigureAwait(false);
        RedisKey beside = store.Keys.Probe(suspect);
        if (beside != store.Keys.Probe(store.Keys.Epoch))
        {
            // Another slot may be on another server: what failed there has to work there.
            await store.ProbeAsync(database, ProbeScript, beside).ConfigureAwait(false);
        }
    }

    private async Task ListenAsync()
    {
        ISubscriber subscriber = _connection!.GetSubscriber();
        RedisChannel channel = RedisChannel.Literal(store.Keys.Notify);
        if (_announcements is not null && subscriber.IsConnected(channel))
        {
            return;
        }
        try
        {
            if (_announcements is not null)
            {
                await _announcements.UnsubscribeAsync(CommandFlags.FireAndForget).ConfigureAwait(false);
                _announcements = null;
            }
            ChannelMessageQueue queue = await subscriber.SubscribeAsync(channel).WaitAsync(store.Timeout, time).ConfigureAwait(false);
            queue.OnMessage(message => store.Announce(message.Message.ToString()));
            _announcements = queue;
            _unheard = 0;
        }
        catch (Exception problem) when (StoreFault.Is(problem))
        {
            if (++_unheard == DeafAfter)
            {
                StoreLog.NotSubscribed(logger, StoreFault.Of(problem).Text);
            }
        }
    }

    private void Restore(StoreAvailability.State state)
    {
        if (store.Availability.Restore(state.Number))
        {
            _suspect = store.Keys.Epoch;
            _denied = null;
            TimeSpan away = time.GetElapsedTime(_lostAt == 0 ? _opened : _lostAt);
            StoreLog.Available(logger, away.TotalSeconds);
        }
    }

    private void Lose(StoreAvailability.State state, StoreFault fault)
    {
        // A refused login breaks the connection, and later calls only find that there is none: the refusal is the better reason.
        if (fault.Kind == StoreErrorKind.Denied)
        {
            _denied = fault.Text;
        }
        string reason = fault.Kind == StoreErrorKind.Connection && _denied is string denied ? denied : fault.Text;
        if (reason == _denied)
        {
            store.ReportRefusal(reason);
        }
        bool first = !state.IsAvailable && state.Number == 0 && _lostAt == 0;
        if (store.Availability.Lose(state.Number, reason) || first)
        {
            _lostAt = time.GetTimestamp();
            store.Availability.Explain(reason);
            store.Statistics.WentAway();
            StoreLog.Away(logger, reason);
        }
        else
        {
            store.Availability.Explain(reason);
        }
    }

    private void OnConnectionFailed(object? sender, ConnectionFailedEventArgs failure)
    {
        if (failure.Exception is not null && StoreFault.DenialIn(failure.Exception) is string denial)
        {
            _denied = denial;
        }
        Wake();
    }

    private void Wake()
    {
        lock (_wake)
        {
            if (!_stopping.IsCancellationRequested && _wake.CurrentCount == 0)
            {
                _wake.Release();
            }
        }
    }

    // By chance, so that a fleet does not probe as one.
    private static TimeSpan Pause(int attempt) => Chance(ShortestProbe, Math.Min(LongestProbe, ShortestProbe << Math.Min(attempt, 4)));

    // Available: until something happens, or soon again where announcements are not listened to yet. Away: longer from probe to probe.
    private async Task RestAsync(int attempt)
    {
        try
        {
            if (store.IsAvailable)
            {
                TimeSpan rest = _unheard == 0 ? TimeSpan.FromMilliseconds(IdleProbe) : Pause(_unheard);
                await _wake.WaitAsync(rest, _stopping.Token).ConfigureAwait(false);
            }
            await Task.Delay(store.IsAvailable ? TimeSpan.Zero : Pause(attempt), time, _stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The loop sees it.
            return;
        }
    }
}
