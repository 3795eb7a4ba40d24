using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>
/// The store that all processes of a cluster share: Redis or Valkey, alone, behind Sentinel or as a Cluster. Every call ends within
/// <see cref="ClusterOptions.Timeout"/>; while the store is away every call fails at once. Any thread.
/// </summary>
public sealed class ClusterStore : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TimeSpan _timeout;
    private readonly StoreAvailability _availability = new();
    private readonly StoreKeeper _keeper;
    private readonly StoreSpans _spans;
    private readonly Task _raising;
    private long _refusedAt;

    private ClusterStore(
        ClusterOptions options, ConfigurationOptions configuration, TimeProvider time, ILoggerFactory loggers, ActivitySource? traces)
    {
        _time = time;
        _spans = new StoreSpans(traces);
        _logger = loggers.CreateLogger<ClusterStore>();
        _timeout = TimeSpan.FromMilliseconds(options.Timeout);
        Options = options;
        Keys = new ClusterKeys(options.KeyPrefix);
        _raising = RaiseAvailabilityAsync();
        _keeper = new StoreKeeper(this, configuration, time, _logger);
    }

    /// <summary>
    /// Raised in order, never twice at a time, on a pool thread; the first one when the store is reached at start. A listener must
    /// not throw.
    /// </summary>
    public event Action<bool>? AvailabilityChanged;

    /// <summary>
    /// What was announced: the name of what changed (<see cref="ClusterKeys.Changes"/>). An announcement may be lost; the next
    /// heartbeat brings it. Raised in order on a pool thread.
    /// </summary>
    public event Action<string>? Notified;

    /// <summary>The names of the keys.</summary>
    public ClusterKeys Keys { get; }

    /// <summary>False: the process is degraded and decides alone. Also false until the first connection.</summary>
    public bool IsAvailable => _availability.Current.IsAvailable;

    /// <summary>Whether it was found away at least once, be it by the first attempt to connect.</summary>
    public bool WasAway => Statistics.Outages > 0;

    /// <summary>Why the store is away; empty while it is not.</summary>
    public string Reason => _availability.Current.Reason;

    /// <summary>Where the store is: its servers as the settings name them, sentinels too, and those found since.</summary>
    public IReadOnlyList<EndPoint> Servers => _keeper.Servers;

    /// <summary>For metrics.</summary>
    public StoreStatistics Statistics { get; } = new();

    internal ClusterOptions Options { get; }

    internal StoreAvailability Availability => _availability;

    internal TimeSpan Timeout => _timeout;

    /// <summary>What is wrong with a configuration string, for people, without a secret; null when nothing is.</summary>
    public static string? Problem(string redis) => StoreConfiguration.Problem(redis);

    /// <summary>What is wrong with <see cref="ClusterOptions.TrustedIssuer"/>, for people; null when nothing is.</summary>
    public static string? IssuerProblem(string file) => StoreConfiguration.IssuerProblem(file);

    /// <summary>Begins to connect and goes on for ever; a store that is absent is no error.</summary>
    /// <param name="options">Where the store is.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where to log.</param>
    /// <param name="traces">Where the spans of calls come from; null: there are none.</param>
    /// <exception cref="ArgumentException"><see cref="ClusterOptions.Redis"/> has a <see cref="Problem"/>.</exception>
    public static ClusterStore Open(ClusterOptions options, TimeProvider time, ILoggerFactory loggers, ActivitySource? traces = null)
    {
        ClusterStore store = new(options, StoreConfiguration.Build(options), time, loggers, traces);
        store._keeper.Start();
        return store;
    }

    /// <summary>Waits until the store is available.</summary>
    /// <exception cref="OperationCanceledException">Cancelled first.</exception>
    public Task WaitUntilAvailableAsync(CancellationToken cancellation) => _availability.WhenAvailable.WaitAsync(cancellation);

    /// <summary>Runs a script: by its digest, and with its text on a server that does not know it yet.</summary>
    /// <param name="script">The script.</param>
    /// <param name="keys">Every key that it touches, all in one slot.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="causes">The spans that it is run for, where that is not simply the current one.</param>
    /// <exception cref="StoreUnavailableException">The store is away; after a time-out the script may or may not have run.</exception>
    /// <exception cref="StoreRefusedException">The script failed.</exception>
    public Task<RedisResult> RunAsync(
        ClusterScript script, RedisKey[] keys, RedisValue[] arguments, IReadOnlyList<ActivityContext>? causes = null) =>
        CallAsync(database => EvaluateAsync(database, script, keys, arguments), keys[0], "EVALSHA", script.Name, causes ?? []);

    /// <summary>Reads with plain commands; to be given <see cref="CommandFlags.DemandMaster"/>, since a replica may lag behind.</summary>
    /// <param name="read">The commands.</param>
    /// <param name="command">What a trace calls them, as Redis does: <c>HGET</c>.</param>
    /// <exception cref="StoreUnavailableException">The store is away.</exception>
    /// <exception cref="StoreRefusedException">The command failed.</exception>
    public Task<T> QueryAsync<T>(Func<IDatabaseAsync, Task<T>> read, string command = "QUERY") =>
        CallAsync(database => WithinAsync(read(database)), Keys.Epoch, command, script: null, causes: []);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _keeper.DisposeAsync().ConfigureAwait(false);
        _availability.Complete();
        await _raising.ConfigureAwait(false);
    }

    /// <summary>A call whatever the state is: how the keeper finds out.</summary>
    internal Task<RedisResult> ProbeAsync(IDatabaseAsync database, ClusterScript script, RedisKey key) =>
        EvaluateAsync(database, script, [key], []);

    internal void Announce(string what) => Notified?.Invoke(what);

    /// <summary>Logs a refusal, at most once a minute.</summary>
    internal void ReportRefusal(string reply)
    {
        long now = _time.GetTimestamp();
        long before = Interlocked.Read(ref _refusedAt);
        if ((before == 0 || _time.GetElapsedTime(before, now) >= TimeSpan.FromMinutes(1))
            && Interlocked.CompareExchange(ref _refusedAt, now, before) == before)
        {
            StoreLog.Refused(_logger, reply);
        }
    }

    private async Task<T> CallAsync<T>(
        Func<IDatabaseAsync, Task<T>> call, RedisKey key, string command, string? script, IReadOnlyList<ActivityContext> causes)
    {
        using Activity? span = _spans.Begin(command, script, causes);
        StoreAvailability.State state = _availability.Current;
        IDatabaseAsync? database = _keeper.Database;
        if (!state.IsAvailable || database is null)
        {
            Statistics.Failed(StoreErrorKind.Away);
            StoreSpans.Fail(span, StoreErrorKind.Away);
            throw new StoreUnavailableException($"The store is away: {state.Reason}");
        }
        long started = _time.GetTimestamp();
        try
        {
            T result = await call(database).ConfigureAwait(false);
            Statistics.Succeeded(_time.GetElapsedTime(started));
            return result;
        }
        catch (Exception problem) when (StoreFault.Is(problem))
        {
            StoreFault fault = StoreFault.Of(problem);
            Statistics.Failed(fault.Kind);
            StoreSpans.Fail(span, fault.Kind);
            if (!fault.IsOutage)
            {
                ReportRefusal(fault.Text);
                throw new StoreRefusedException(fault.Text, problem);
            }
            _keeper.OnFault(state, fault, key);
            throw new StoreUnavailableException($"The store is away: {fault.Text}", problem);
        }
    }

    private async Task<RedisResult> EvaluateAsync(IDatabaseAsync database, ClusterScript script, RedisKey[] keys, RedisValue[] arguments)
    {
        long started = _time.GetTimestamp();
        while (true)
        {
            try
            {
                return await EvaluateOnceAsync(database, script, keys, arguments).ConfigureAwait(false);
            }
            catch (RedisServerException problem) when (IsTryAgain(problem) && _time.GetElapsedTime(started) < _timeout)
            {
                // The slot is on its way to another node and some of its keys are there already: nothing was done yet.
                await Task.Delay(StoreKeeper.Chance(20, 60), _time).ConfigureAwait(false);
            }
        }
    }

    private async Task<RedisResult> EvaluateOnceAsync(IDatabaseAsync database, ClusterScript script, RedisKey[] keys, RedisValue[] arguments)
    {
        try
        {
            return await WithinAsync(database.ScriptEvaluateAsync(script.Digest, keys, arguments, CommandFlags.DemandMaster)).ConfigureAwait(false);
        }
        catch (RedisServerException problem) when (problem.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // A node that never saw the script, or forgot it: its text goes along once, and this node knows it from then on.
            return await WithinAsync(database.ScriptEvaluateAsync(
                script.Text, keys, arguments, CommandFlags.DemandMaster | CommandFlags.NoScriptCache)).ConfigureAwait(false);
        }
    }

    private static bool IsTryAgain(RedisServerException problem) => problem.Message.StartsWith("TRYAGAIN", StringComparison.Ordinal);

    // The library looks for overdue answers only now and then; this is exact.
    private async Task<T> WithinAsync<T>(Task<T> call)
    {
        try
        {
            return await call.WaitAsync(_timeout, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Its end is of no interest any more, and must not be reported as an unobserved failure.
            _ = call.ContinueWith(static late => late.Exception, CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }
    }

    private async Task RaiseAvailabilityAsync()
    {
        await foreach (bool available in _availability.Changes.ReadAllAsync().ConfigureAwait(false))
        {
            AvailabilityChanged?.Invoke(available);
        }
    }
}
