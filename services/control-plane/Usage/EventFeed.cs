using Turnpike.Cluster;

namespace Turnpike.ControlPlane.Usage;

/// <summary>The end of one realm's log, read once for everybody who has come as far.</summary>
internal sealed class EventFeed : IDisposable
{
    // An announcement may be lost: nothing else wakes this reader before, as a log is announced once for each reading.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // A busy log is announced at each reading; one of them brings what several edges wrote.
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(100);

    private readonly EventLog _log;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private volatile Read? _last;
    private volatile Tail? _tail;
    private long _readToEndAt;
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public EventFeed(string realm, EventLog log, TimeProvider time)
    {
        Realm = realm;
        _log = log;
        _time = time;
        _readToEndAt = time.GetTimestamp();
        _ = Task.Run(FollowAsync);
    }

    public string Realm { get; }

    /// <summary>Who follows it. Of <see cref="EventFeeds"/> alone.</summary>
    public int Followers { get; set; }

    /// <summary>How long ago all was read that there was; since the feed began, before the first time.</summary>
    public double LagSeconds => _time.GetElapsedTime(Interlocked.Read(ref _readToEndAt)).TotalSeconds;

    /// <summary>Done when there may be something new; to be taken before reading.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>
    /// What follows a token: from memory where the feed has just read that, or found nothing behind it, else from the store. Ten thousand
    /// who have come to the end cost the store no more than one.
    /// </summary>
    /// <exception cref="FormatException">The token is none.</exception>
    /// <exception cref="StoreException">The store is away or refuses.</exception>
    public async Task<EventPage> ReadAsync(string? token, int count)
    {
        if (_tail is { } tail && tail.Token == token)
        {
            return new EventPage([], token, 0, false);
        }
        return _last is { } last && last.After == token && last.Page.Events.Count <= count ? last.Page : await _log.ReadAsync(Realm, token, count);
    }

    /// <summary>The token of the end of the log; null where there is no log yet.</summary>
    /// <exception cref="StoreException">The store is away or refuses.</exception>
    public Task<string?> EndAsync() => _log.EndAsync(Realm);

    public void Wake()
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

    /// <summary>Ends the reading.</summary>
    public void Dispose() => _stopping.Cancel();

    private async Task FollowAsync()
    {
        string? token = null;
        bool known = false;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (!known)
                {
                    token = await _log.EndAsync(Realm);
                    known = true;
                    Announce(); // Who came before this was known may have waited through something new.
                }
                EventPage page = await _log.ReadAsync(Realm, token, EventStream.PageSize);
                bool isNews = page.Token != token;
                bool isAll = page.Events.Count < EventStream.PageSize;
                _last = isNews ? new Read(token, page) : _last;
                token = page.Token;
                // Before it is announced: whoever waits for the next one must find this one.
                _tail = isAll ? new Tail(token) : null;
                if (isAll)
                {
                    Interlocked.Exchange(ref _readToEndAt, _time.GetTimestamp());
                }
                if (isNews)
                {
                    Announce();
                }
                if (!isAll)
                {
                    continue;
                }
            }
            catch (StoreException)
            {
                // The store says so itself. It is asked again soon, and followers are told nothing meanwhile.
            }
            try
            {
                await Task.Delay(LeastPause, _time, _stopping.Token);
                await _wake.WaitAsync(Interval, _stopping.Token);
            }
            catch (OperationCanceledException)
            {
                return; // Nobody follows any more.
            }
        }
    }

    private void Announce() =>
        Interlocked.Exchange(ref _next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

    private sealed record Read(string? After, EventPage Page);

    private sealed record Tail(string? Token);
}
