using System.Collections.Immutable;
using System.Globalization;
using k8s;
using k8s.Models;
using Turnpike.ControlPlane.Kubernetes.Api;

namespace Turnpike.ControlPlane.Kubernetes.Informers;

/// <summary>What an informer is to follow.</summary>
/// <param name="Type">The kind of objects.</param>
/// <param name="Namespace">Null: objects of the cluster.</param>
/// <param name="IsOptional">That the API server does not know the kind means that there are none.</param>
internal sealed record InformerScope(ResourceType Type, string? Namespace, bool IsOptional = false);

/// <summary>
/// Keeps a copy of objects in memory: lists them, watches from there, and lists again when the watch cannot go on (410 Gone). Of each object
/// only what <paramref name="view"/> takes is kept. A watch that breaks goes on where it was, after a while that grows.
/// </summary>
/// <param name="api">The API server.</param>
/// <param name="scope">What to follow.</param>
/// <param name="selection">Which of them; null: not known yet. Another answer than before makes it list again.</param>
/// <param name="view">What is kept of an object.</param>
/// <param name="changed">Called after each change.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where it says what goes wrong.</param>
internal sealed partial class Informer<TObject, TView>(
    KubernetesApi api,
    InformerScope scope,
    Func<Selection?> selection,
    Func<TObject, TView> view,
    Action changed,
    TimeProvider time,
    ILogger logger) : IInformer
    where TObject : class, IMetadata<V1ObjectMeta>
{
    // The server ends a watch after this time, and its timer may be a little late.
    private static readonly TimeSpan WatchLength = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan WatchGrace = TimeSpan.FromSeconds(30);

    // A custom resource's definition may come at any time, and nobody tells.
    private static readonly TimeSpan AbsentCheck = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SelectionCheck = TimeSpan.FromSeconds(1);

    private readonly string _name = scope.Type.ToString();
    private readonly Backoff _backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
    private readonly Lock _lock = new();
    private ImmutableDictionary<string, Entry> _entries = ImmutableDictionary<string, Entry>.Empty;
    private Selection? _selected;
    private string _version = "";
    private volatile ApiException? _problem;
    private volatile bool _synced;
    private CancellationTokenSource? _watch;

    public ResourceType Type => scope.Type;

    public bool IsSynced => _synced;

    public ApiException? Problem => _problem;

    public long Lists { get; private set; }

    public long Watches { get; private set; }

    /// <summary>The copies, by name.</summary>
    public IEnumerable<TView> Items => Volatile.Read(ref _entries).Values.Select(entry => entry.View);

    /// <summary>Takes over what a call of our own brought back: it is newer than what the watch has said.</summary>
    public void Apply(TObject item)
    {
        lock (_lock)
        {
            Put(item);
        }
        changed();
    }

    /// <summary>Ends the watch where other objects are meant by now.</summary>
    public void Reselect()
    {
        lock (_lock)
        {
            if (selection() != _selected)
            {
                _watch?.Cancel();
            }
        }
    }

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            TimeSpan pause;
            try
            {
                pause = await FollowAsync(cancellation);
            }
            catch (ApiException problem)
            {
                pause = OnProblem(problem);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogBroken(logger, _name, exception);
                _version = "";
                pause = _backoff.Next();
            }
            await Task.Delay(pause, time, cancellation);
        }
    }

    // Lists if it must, and watches once; the time until the next turn.
    private async Task<TimeSpan> FollowAsync(CancellationToken cancellation)
    {
        Selection? wanted = selection();
        if (wanted != _selected)
        {
            (_selected, _version) = (wanted, "");
            Clear();
        }
        if (wanted is not { } selected)
        {
            return SelectionCheck;
        }
        if (_version.Length == 0)
        {
            await ListAsync(selected, cancellation);
        }
        Watches++;
        using CancellationTokenSource silent = new(WatchLength + WatchGrace, time);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellation, silent.Token);
        SetWatch(end);
        try
        {
            await foreach (WatchEvent change in api.WatchAsync(Type, scope.Namespace, selected, _version, WatchLength, end.Token))
            {
                Heard();
                On(change);
            }
        }
        catch (OperationCanceledException) when (silent.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new ApiException(ApiFault.Unreachable, $"the watch of {_name} fell silent");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return TimeSpan.Zero; // Other objects are meant.
        }
        finally
        {
            SetWatch(null);
        }
        // A server that ends watches at once is not asked all the time.
        return TimeSpan.FromMilliseconds(100);
    }

    private void SetWatch(CancellationTokenSource? watch)
    {
        lock (_lock)
        {
            _watch = watch;
        }
    }

    private void Heard()
    {
        _backoff.Reset();
        if (_problem is not null)
        {
            _problem = null;
            LogRecovered(logger, _name);
            changed();
        }
    }

    private TimeSpan OnProblem(ApiException problem)
    {
        if (problem.Fault == ApiFault.Gone)
        {
            _version = "";
            LogRelist(logger, _name);
            return TimeSpan.Zero;
        }
        if (problem.Fault == ApiFault.NotFound && scope.IsOptional)
        {
            Clear();
            _version = "";
            (_synced, _problem) = (true, null);
            changed();
            return AbsentCheck;
        }
        bool isNews = _problem?.Message != problem.Message;
        _problem = problem;
        if (isNews)
        {
            LogProblem(logger, _name, problem.Message);
            changed();
        }
        return problem.RetryAfter ?? _backoff.Next();
    }

    private async Task ListAsync(Selection selected, CancellationToken cancellation)
    {
        Lists++;
        (IReadOnlyList<TObject> items, string version) = await api.ListAsync<TObject>(Type, scope.Namespace, selected, cancellation);
        lock (_lock)
        {
            ImmutableDictionary<string, Entry> before = _entries;
            _entries = ImmutableDictionary<string, Entry>.Empty;
            foreach (TObject item in items)
            {
                // What a call of our own brought back meanwhile may be newer than the list.
                if (before.TryGetValue(item.Metadata.Name, out Entry? known))
                {
                    _entries = _entries.Add(item.Metadata.Name, known);
                }
                Put(item);
            }
        }
        _version = version;
        _synced = true;
        Heard();
        changed();
    }

    private void On(WatchEvent change)
    {
        if (change.Kind == WatchEvent.Begun)
        {
            return;
        }
        TObject item = KubernetesJson.Deserialize<TObject>(change.Item);
        lock (_lock)
        {
            switch (change.Kind)
            {
                case "ADDED" or "MODIFIED":
                    Put(item);
                    break;
                case "DELETED":
                    Volatile.Write(ref _entries, _entries.Remove(item.Metadata.Name));
                    break;
            }
        }
        _version = item.Metadata.ResourceVersion ?? _version;
        if (change.Kind != "BOOKMARK")
        {
            changed();
        }
    }

    private void Put(TObject item)
    {
        var entry = new Entry(item.Metadata.Uid ?? "", Number(item.Metadata.ResourceVersion), view(item));
        if (_entries.TryGetValue(item.Metadata.Name, out Entry? known) && known.Uid == entry.Uid && known.Version > entry.Version)
        {
            return; // The watch is behind our own call.
        }
        Volatile.Write(ref _entries, _entries.SetItem(item.Metadata.Name, entry));
    }

    private void Clear()
    {
        _synced = false;
        lock (_lock)
        {
            Volatile.Write(ref _entries, ImmutableDictionary<string, Entry>.Empty);
        }
    }

    // Every API server numbers versions; where one does not, all count the same and the last one wins.
    private static ulong Number(string? version) => ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : 0;

    private sealed record Entry(string Uid, ulong Version, TView View);

    [LoggerMessage(EventId = 3350, Level = LogLevel.Warning, Message = "Kubernetes, {Resource}: {Problem}; what is known of them gets old until it works again")]
    private static partial void LogProblem(ILogger logger, string resource, string problem);

    [LoggerMessage(EventId = 3351, Level = LogLevel.Information, Message = "Kubernetes, {Resource}: followed again")]
    private static partial void LogRecovered(ILogger logger, string resource);

    [LoggerMessage(EventId = 3352, Level = LogLevel.Information, Message = "Kubernetes, {Resource}: the watch cannot go on from where it was; listed anew")]
    private static partial void LogRelist(ILogger logger, string resource);

    [LoggerMessage(EventId = 3353, Level = LogLevel.Error, Message = "Kubernetes, {Resource}: following them failed unexpectedly; it is tried again")]
    private static partial void LogBroken(ILogger logger, string resource, Exception exception);
}

/// <summary>An informer, whatever it follows.</summary>
internal interface IInformer
{
    ResourceType Type { get; }

    /// <summary>Whether the objects were listed at least once.</summary>
    bool IsSynced { get; }

    /// <summary>Why they are not followed at the moment; null where they are.</summary>
    ApiException? Problem { get; }

    /// <summary>Times that they were listed.</summary>
    long Lists { get; }

    /// <summary>Times that a watch was begun.</summary>
    long Watches { get; }

    Task RunAsync(CancellationToken cancellation);
}
