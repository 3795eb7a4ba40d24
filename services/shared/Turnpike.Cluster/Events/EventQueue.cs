namespace Turnpike.Cluster;

/// <summary>
/// Events that wait for the store, by realm. Bounded in all; when full, the realm with the most of them loses its oldest, so that a busy
/// realm does not drive out the others' events. Safe for threads.
/// </summary>
internal sealed class EventQueue(int capacity)
{
    /// <summary>Entries of one batch: some 50 kB, and a script of about a millisecond.</summary>
    internal const int MaxBatch = 200;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, RealmEvents> _realms = new(StringComparer.Ordinal);
    private int _count;
    private long _dropped;

    /// <summary>Events that wait, those without an answer included, and those that were dropped.</summary>
    public (int Waiting, long Dropped) Counts
    {
        get
        {
            lock (_lock)
            {
                return (_count + _realms.Values.Sum(realm => realm.Outgoing?.Events.Count ?? 0), _dropped);
            }
        }
    }

    public void Add(ClusterEvent entry)
    {
        string name = entry.Realm.Length == 0 ? ClusterKeys.AllRealms : entry.Realm;
        lock (_lock)
        {
            if (!_realms.TryGetValue(name, out RealmEvents? realm))
            {
                realm = new RealmEvents();
                _realms.Add(name, realm);
            }
            realm.Waiting.Enqueue(entry);
            _count++;
            if (_count > capacity)
            {
                _ = _realms.Values.MaxBy(busy => busy.Waiting.Count)!.Waiting.Dequeue();
                _count--;
                _dropped++;
            }
        }
    }

    /// <summary>Realms that have something to send.</summary>
    public List<string> Pending()
    {
        lock (_lock)
        {
            return [.. _realms.Where(realm => realm.Value.Outgoing is not null || realm.Value.Waiting.Count > 0).Select(realm => realm.Key)];
        }
    }

    /// <summary>The batch to send: the one that has no answer yet, or the oldest events; null where nothing waits.</summary>
    public EventBatch? Next(string name)
    {
        lock (_lock)
        {
            RealmEvents realm = _realms[name];
            if (realm.Outgoing is null && realm.Waiting.Count > 0)
            {
                List<ClusterEvent> events = [];
                while (events.Count < MaxBatch && realm.Waiting.TryDequeue(out ClusterEvent? entry))
                {
                    events.Add(entry);
                }
                _count -= events.Count;
                realm.Outgoing = new EventBatch(++realm.Number, events);
            }
            return realm.Outgoing;
        }
    }

    /// <summary>The store has the batch.</summary>
    public void Acknowledge(string name)
    {
        lock (_lock)
        {
            _realms[name].Outgoing = null;
        }
    }

    // A realm stays: its batch numbers must go on where they were.
    private sealed class RealmEvents
    {
        public Queue<ClusterEvent> Waiting { get; } = [];

        public EventBatch? Outgoing { get; set; }

        public long Number { get; set; }
    }
}
