namespace Turnpike.Cluster;

/// <summary>
/// Rows of one realm that are written together, once. Number and content never change: a batch whose write brought no answer is sent
/// again as it was, and the store knows by the number whether it has been added.
/// </summary>
/// <param name="Number">Counts up by one for each batch of this edge and realm.</param>
/// <param name="Groups">The rows by the span of time that they belong to.</param>
/// <param name="OldestAt">When the oldest of it was added, milliseconds of this edge's clock.</param>
internal sealed record UsageBatch(long Number, IReadOnlyList<UsageGroup> Groups, long OldestAt)
{
    public int Rows { get; } = Groups.Sum(group => group.Lines.Count);
}

/// <summary>Rows that belong to one minute, or to an hour or day whose minutes were merged.</summary>
internal sealed record UsageGroup(UsageSlot Slot, IReadOnlyList<UsageLine> Lines);

/// <summary>One row.</summary>
internal readonly record struct UsageLine(UsageField Field, UsageAmount Amount);

/// <summary>A span of time by its begin (Unix seconds) and size; ordered by both.</summary>
internal readonly record struct UsageSlot(long Start, UsageBucket Size) : IComparable<UsageSlot>
{
    public int CompareTo(UsageSlot other)
    {
        int order = Start.CompareTo(other.Start);
        return order != 0 ? order : Size.CompareTo(other.Size);
    }
}

/// <summary>Asks for what the whole cluster used in a quota period.</summary>
/// <param name="Period">Kind of period.</param>
/// <param name="Start">Its begin, Unix seconds.</param>
/// <param name="Fields">The realm, or users.</param>
internal sealed record UsageQuestion(QuotaPeriod Period, long Start, IReadOnlyList<UsageField> Fields);

/// <summary>The store's answer.</summary>
/// <param name="Added">False: the batch had been added by an earlier attempt, or there was none.</param>
/// <param name="Totals">Bytes for each field of each question, in their order.</param>
internal sealed record UsageReceipt(bool Added, IReadOnlyList<long> Totals);

/// <summary>Writes batches to the store; the seam at which tests fail.</summary>
internal interface IUsageWriter
{
    /// <summary>Adds a batch (null: none) and answers questions, in one step.</summary>
    /// <exception cref="StoreException">There was no answer: the batch may or may not have been added.</exception>
    Task<UsageReceipt> WriteAsync(string realm, UsageBatch? batch, IReadOnlyList<UsageQuestion> questions);
}
