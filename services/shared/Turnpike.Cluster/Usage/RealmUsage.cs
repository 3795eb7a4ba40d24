namespace Turnpike.Cluster;

/// <summary>Usage and byte quotas of one realm on this edge, behind one lock that is never held while the store is asked.</summary>
internal sealed class RealmUsage
{
    private readonly Lock _lock = new();
    private readonly WaitingUsage _waiting = new();
    private readonly ByteCounters _counters;

    public RealmUsage(string realm)
    {
        Realm = realm;
        _counters = new ByteCounters(realm, _waiting);
    }

    public string Realm { get; }

    /// <summary>Rows that wait for the store, and when the oldest of them was added (milliseconds; null: nothing waits).</summary>
    public (int Rows, long? OldestAt) Waiting
    {
        get
        {
            lock (_lock)
            {
                return (_waiting.Rows, _waiting.OldestAt);
            }
        }
    }

    public void Add(string user, string tag, in UsageAmount amount, RealmPolicy? policy, long now)
    {
        lock (_lock)
        {
            _counters.Add(user, amount.Bytes, policy, now);
            _waiting.Add(user, tag, amount, now);
        }
    }

    public bool IsBlocked(string user, RealmPolicy? policy, long now)
    {
        lock (_lock)
        {
            return _counters.IsBlocked(user, policy, now);
        }
    }

    public List<ByteQuotaReached> Reached(RealmPolicy? policy, long now)
    {
        lock (_lock)
        {
            return _counters.Reached(policy, now);
        }
    }

    /// <summary>
    /// Writes what waits and asks what byte quotas need. Batches go one after the other: were a later one written before an earlier
    /// one that had no answer, its number would make the store take the earlier one for added.
    /// </summary>
    /// <param name="writer">The store.</param>
    /// <param name="policy">The realm's policy.</param>
    /// <param name="now">Milliseconds of this edge's clock.</param>
    /// <param name="written">Told of each batch that the store has.</param>
    /// <exception cref="StoreException">There was no answer; the batch is kept.</exception>
    public async Task FlushAsync(IUsageWriter writer, RealmPolicy? policy, long now, Action<UsageBatch, UsageReceipt> written)
    {
        List<List<UsageQuestion>> calls;
        int batches;
        lock (_lock)
        {
            calls = _counters.Questions(policy, now);
            // What is added meanwhile waits for the next flush; otherwise a busy realm could keep this one going.
            batches = (_waiting.Rows / WaitingUsage.MaxBatchRows) + 2;
        }
        for (int call = 0; call < calls.Count || call < batches; call++)
        {
            List<UsageQuestion> questions = call < calls.Count ? calls[call] : [];
            UsageBatch? batch;
            lock (_lock)
            {
                batch = _waiting.Next();
            }
            if (batch is null && questions.Count == 0)
            {
                return;
            }
            UsageReceipt receipt = await writer.WriteAsync(Realm, batch, questions).ConfigureAwait(false);
            lock (_lock)
            {
                _waiting.Acknowledge();
                _counters.Answer(questions, receipt.Totals);
            }
            if (batch is not null)
            {
                written(batch, receipt);
            }
        }
    }
}
