namespace Turnpike.Cluster;

/// <summary>How the usage ledger is doing.</summary>
public sealed record UsageStatistics
{
    /// <summary>Age of the oldest usage that the store does not have yet, seconds.</summary>
    public double LagSeconds { get; init; }

    /// <summary>Rows (a realm, tag or user in a minute or longer) that the store does not have yet.</summary>
    public int RowsWaiting { get; init; }

    /// <summary>Rows that the store has acknowledged.</summary>
    public long RowsWritten { get; init; }

    /// <summary>Batches that had been added by an attempt without an answer, and were not added again.</summary>
    public long BatchesRepeated { get; init; }

    /// <summary>Flushes that wrote everything.</summary>
    public long Flushes { get; init; }

    /// <summary>Flushes that the store did not answer or refused, in part or whole.</summary>
    public long Failures { get; init; }
}
