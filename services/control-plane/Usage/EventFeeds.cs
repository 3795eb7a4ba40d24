using Turnpike.Cluster;

namespace Turnpike.ControlPlane.Usage;

/// <summary>
/// The logs that somebody follows. Each is read once for all who follow it; a log that nobody follows costs nothing.
/// </summary>
internal sealed class EventFeeds : IDisposable
{
    private readonly ClusterStore _store;
    private readonly EventLog _log;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, EventFeed> _feeds = new(StringComparer.Ordinal);

    public EventFeeds(ClusterStore store, TimeProvider time)
    {
        _store = store;
        _log = new EventLog(store);
        _time = time;
        store.Notified += OnNotified;
        store.AvailabilityChanged += OnAvailability;
    }

    /// <summary>How long ago the log that waits longest was read to its end; 0 where nobody follows any.</summary>
    public double LagSeconds
    {
        get
        {
            lock (_lock)
            {
                return _feeds.Values.Select(feed => feed.LagSeconds).DefaultIfEmpty().Max();
            }
        }
    }

    /// <summary>The feed of a realm; to be given back.</summary>
    public EventFeed Take(string realm)
    {
        lock (_lock)
        {
            if (!_feeds.TryGetValue(realm, out EventFeed? feed))
            {
                feed = new EventFeed(realm, _log, _time);
                _feeds.Add(realm, feed);
            }
            feed.Followers++;
            return feed;
        }
    }

    /// <summary>Ends the feed that nobody else follows.</summary>
    public void Return(EventFeed feed)
    {
        lock (_lock)
        {
            if (--feed.Followers == 0)
            {
                _feeds.Remove(feed.Realm);
                feed.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _store.Notified -= OnNotified;
        _store.AvailabilityChanged -= OnAvailability;
    }

    // What happened meanwhile was announced to nobody.
    private void OnAvailability(bool isAvailable)
    {
        if (!isAvailable)
        {
            return;
        }
        lock (_lock)
        {
            foreach (EventFeed feed in _feeds.Values)
            {
                feed.Wake();
            }
        }
    }

    private void OnNotified(string what)
    {
        string prefix = EventLog.Announcement("");
        if (!what.StartsWith(prefix, StringComparison.Ordinal))
        {
            return;
        }
        lock (_lock)
        {
            _feeds.GetValueOrDefault(what[prefix.Length..])?.Wake();
        }
    }
}
