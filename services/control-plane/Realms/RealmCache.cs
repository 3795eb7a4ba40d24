using System.Collections.Concurrent;
using Turnpike.Cluster;

namespace Turnpike.ControlPlane.Realms;

/// <summary>Realms as they were read at most a second ago, so that issuing does not wait for the store each time.</summary>
internal sealed class RealmCache : IDisposable
{
    // As long as edges may take to follow a change.
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(1);
    private static readonly string Prefix = RealmStore.Change("");

    private readonly ClusterStore _store;
    private readonly RealmStore _realms;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private long _changes;

    public RealmCache(ClusterStore store, RealmStore realms, TimeProvider time)
    {
        _store = store;
        _realms = realms;
        _time = time;
        _store.Notified += OnNotified;
    }

    /// <summary>A realm; null when there is none.</summary>
    /// <exception cref="StoreUnavailableException">The store is away, and what is known is too old.</exception>
    public async Task<RealmRecord?> FindAsync(string name)
    {
        if (_entries.TryGetValue(name, out Entry? entry) && _time.GetElapsedTime(entry.ReadAt) < Life)
        {
            return entry.Realm;
        }
        long changes = Interlocked.Read(ref _changes);
        long readAt = _time.GetTimestamp();
        RealmRecord? realm = await _realms.GetAsync(name);
        if (realm is null)
        {
            _entries.TryRemove(name, out _);
        }
        else if (changes == Interlocked.Read(ref _changes))
        {
            // What was read while something changed may be what was before.
            _entries[name] = new Entry(realm, readAt);
        }
        return realm;
    }

    /// <summary>Forgets a realm that this process has changed.</summary>
    public void Forget(string name)
    {
        Interlocked.Increment(ref _changes);
        _entries.TryRemove(name, out _);
    }

    public void Dispose() => _store.Notified -= OnNotified;

    private void OnNotified(string what)
    {
        if (what.StartsWith(Prefix, StringComparison.Ordinal))
        {
            Forget(what[Prefix.Length..]);
        }
    }

    private sealed record Entry(RealmRecord Realm, long ReadAt);
}
