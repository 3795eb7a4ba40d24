namespace Turnpike.Cluster.Tests;

/// <summary>How an attempt to write ends.</summary>
internal enum Outcome
{
    /// <summary>Done and answered.</summary>
    Answered,

    /// <summary>Not done, and the caller sees a failure.</summary>
    FailedBefore,

    /// <summary>Done, but the caller sees a failure.</summary>
    FailedAfter,
}

/// <summary>Stands between a ledger and a store, and decides how each attempt ends.</summary>
internal sealed class FaultyUsageWriter(IUsageWriter inner, Func<Outcome> next) : IUsageWriter
{
    public async Task<UsageReceipt> WriteAsync(string realm, UsageBatch? batch, IReadOnlyList<UsageQuestion> questions)
    {
        Outcome outcome = next();
        if (outcome == Outcome.FailedBefore)
        {
            throw new StoreUnavailableException("failed before");
        }
        UsageReceipt receipt = await inner.WriteAsync(realm, batch, questions);
        return outcome == Outcome.FailedAfter ? throw new StoreUnavailableException("failed after") : receipt;
    }
}

/// <summary>A store in memory, shared by edges: the slow and plain form of what usage-flush.lua does.</summary>
internal sealed class FakeUsageStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Realm, string Bucket, long Start, UsageField Field), UsageAmount> _amounts = [];
    private readonly Dictionary<(string Realm, string Edge), long> _numbers = [];

    /// <summary>Every batch that arrived, in order, repetitions included.</summary>
    public List<(string Realm, UsageBatch Batch)> Batches { get; } = [];

    /// <summary>Every question that was asked.</summary>
    public List<UsageQuestion> Questions { get; } = [];

    public IUsageWriter Writer(string edge) => new EdgeWriter(this, edge);

    /// <summary>The sum over all buckets of one size.</summary>
    public UsageAmount Sum(string realm, UsageBucket size, UsageField field)
    {
        lock (_lock)
        {
            return _amounts.Where(row => row.Key.Realm == realm && row.Key.Bucket == size.ToString() && row.Key.Field == field)
                .Aggregate(default(UsageAmount), (sum, row) => sum + row.Value);
        }
    }

    public UsageAmount At(string realm, UsageBucket size, DateTimeOffset start, UsageField field)
    {
        lock (_lock)
        {
            return _amounts.GetValueOrDefault((realm, size.ToString(), start.ToUnixTimeSeconds(), field));
        }
    }

    private UsageReceipt Write(string edge, string realm, UsageBatch? batch, IReadOnlyList<UsageQuestion> questions)
    {
        lock (_lock)
        {
            bool added = batch is not null && batch.Number > _numbers.GetValueOrDefault((realm, edge));
            if (batch is not null)
            {
                Batches.Add((realm, batch));
            }
            if (added)
            {
                _numbers[(realm, edge)] = batch!.Number;
                foreach (UsageGroup group in batch.Groups)
                {
                    foreach (UsageLine line in group.Lines)
                    {
                        Add(realm, group.Slot, line);
                    }
                }
            }
            Questions.AddRange(questions);
            return new UsageReceipt(added, [.. questions.SelectMany(question => question.Fields.Select(field =>
                _amounts.GetValueOrDefault((realm, question.Period.ToString(), question.Start, field)).Bytes))]);
        }
    }

    private void Add(string realm, UsageSlot slot, UsageLine line)
    {
        for (UsageBucket size = slot.Size; size <= UsageBucket.Day; size++)
        {
            Add((realm, size.ToString(), UsageCalendar.Start(size, slot.Start), line.Field), line.Amount);
        }
        Add((realm, nameof(QuotaPeriod.Month), UsageCalendar.Start(QuotaPeriod.Month, slot.Start), line.Field), line.Amount);
    }

    private void Add((string, string, long, UsageField) key, UsageAmount amount) => _amounts[key] = _amounts.GetValueOrDefault(key) + amount;

    private sealed class EdgeWriter(FakeUsageStore store, string edge) : IUsageWriter
    {
        public Task<UsageReceipt> WriteAsync(string realm, UsageBatch? batch, IReadOnlyList<UsageQuestion> questions) =>
            Task.FromResult(store.Write(edge, realm, batch, questions));
    }
}
