namespace Turnpike.Cluster;

/// <summary>
/// What one realm and its users have used of their byte quotas. The store's totals count all edges; what this edge has not written yet
/// is added, so that a quota also ends while the store is away. Not safe for threads: <see cref="RealmUsage"/> locks.
/// </summary>
internal sealed class ByteCounters(string realm, WaitingUsage waiting)
{
    /// <summary>Users that neither used nor asked for anything this long are no longer asked about.</summary>
    internal const long ActiveMilliseconds = 120_000;

    /// <summary>Users of one question: as many as rows of a batch.</summary>
    internal const int MaxUsers = WaitingUsage.MaxBatchRows;

    private readonly Counter _realm = new(UsageField.Realm);
    private readonly Dictionary<string, Counter> _users = [];

    /// <summary>Counts what is about to wait for the store.</summary>
    public void Add(string user, long bytes, RealmPolicy? policy, long now)
    {
        if (policy?.BytesPerUser is ByteQuota quota)
        {
            Current(User(user), quota, now).Used += bytes;
        }
        if (policy?.BytesPerRealm is ByteQuota whole)
        {
            Current(_realm, whole, now).Used += bytes;
        }
    }

    public bool IsBlocked(string user, RealmPolicy? policy, long now) =>
        (policy?.BytesPerUser is ByteQuota quota && IsBlocked(Current(User(user), quota, now), quota))
        || (policy?.BytesPerRealm is ByteQuota whole && IsBlocked(Current(_realm, whole, now), whole));

    /// <summary>What to ask the store: a list for each call. Forgets users that are no longer active.</summary>
    public List<List<UsageQuestion>> Questions(RealmPolicy? policy, long now)
    {
        List<List<UsageQuestion>> calls = [];
        if (policy?.BytesPerUser is ByteQuota quota)
        {
            Forget(quota, now);
            foreach (Counter user in _users.Values)
            {
                _ = Current(user, quota, now, active: false);
            }
            long start = UsageCalendar.Start(quota.Period, now / 1000);
            calls.AddRange(_users.Values.Where(user => now - user.ActiveAt < ActiveMilliseconds).Select(user => user.Field).Chunk(MaxUsers)
                .Select(users => new List<UsageQuestion> { new(quota.Period, start, users) }));
        }
        else
        {
            _users.Clear();
        }
        if (policy?.BytesPerRealm is ByteQuota whole)
        {
            if (calls.Count == 0)
            {
                calls.Add([]);
            }
            Counter counter = Current(_realm, whole, now, active: false);
            calls[0].Add(new UsageQuestion(counter.Period, counter.Start, [UsageField.Realm]));
        }
        return calls;
    }

    /// <summary>Takes the store's totals; the batch that was written with the question has been acknowledged before.</summary>
    public void Answer(IEnumerable<UsageQuestion> questions, IReadOnlyList<long> totals)
    {
        int place = 0;
        foreach (UsageQuestion question in questions)
        {
            foreach (UsageField field in question.Fields)
            {
                Counter? counter = field.By == UsageBy.Realm ? _realm : _users.GetValueOrDefault(field.Name);
                if (counter is not null && counter.Period == question.Period && counter.Start == question.Start)
                {
                    counter.Used = totals[place] + waiting.Bytes(field, question.Start);
                }
                place++;
            }
        }
    }

    /// <summary>Quotas that are used up and were not yet told of: once a period, and again when the quota changes and is used up too.</summary>
    public List<ByteQuotaReached> Reached(RealmPolicy? policy, long now)
    {
        List<ByteQuotaReached> reached = [];
        if (policy?.BytesPerUser is ByteQuota quota)
        {
            foreach (Counter user in _users.Values)
            {
                Tell(user, quota, user.Field.Name);
            }
        }
        if (policy?.BytesPerRealm is ByteQuota whole)
        {
            Tell(_realm, whole, null);
        }
        return reached;

        void Tell(Counter counter, ByteQuota quota, string? user)
        {
            if (Current(counter, quota, now, active: false).Used >= quota.Bytes && counter.Told != quota)
            {
                counter.Told = quota;
                reached.Add(new ByteQuotaReached(realm, user, quota, counter.Used));
            }
        }
    }

    private static bool IsBlocked(Counter counter, ByteQuota quota) =>
        quota.Action != QuotaAction.Notify && counter.Used >= quota.Bytes;

    private Counter User(string user)
    {
        if (!_users.TryGetValue(user, out Counter? counter))
        {
            counter = new Counter(UsageField.User(user));
            _users.Add(user, counter);
        }
        return counter;
    }

    /// <summary>Begins a new period where the counter is of an earlier or another one.</summary>
    private Counter Current(Counter counter, ByteQuota quota, long now, bool active = true)
    {
        long start = UsageCalendar.Start(quota.Period, now / 1000);
        if (counter.Start != start || counter.Period != quota.Period)
        {
            counter.Start = start;
            counter.Period = quota.Period;
            counter.Used = waiting.Bytes(counter.Field, start);
            counter.Told = null;
        }
        if (active)
        {
            counter.ActiveAt = now;
        }
        return counter;
    }

    /// <summary>Who used up the quota is remembered to the end of the period, so that nobody is told twice and nobody slips through.</summary>
    private void Forget(ByteQuota quota, long now)
    {
        long start = UsageCalendar.Start(quota.Period, now / 1000);
        foreach ((string name, Counter user) in _users)
        {
            bool settled = user.Start == start && user.Period == quota.Period && user.Told is not null;
            if (!settled && now - user.ActiveAt >= ActiveMilliseconds)
            {
                _ = _users.Remove(name);
            }
        }
    }

    private sealed class Counter(UsageField field)
    {
        public UsageField Field { get; } = field;

        public QuotaPeriod Period { get; set; }

        /// <summary>Begin of the period, Unix seconds; the first use sets it.</summary>
        public long Start { get; set; } = long.MinValue;

        public long Used { get; set; }

        public long ActiveAt { get; set; }

        public ByteQuota? Told { get; set; }
    }
}
