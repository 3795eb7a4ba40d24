using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Turnpike.Cluster.Tests;

/// <summary>Ledgers over a store in memory, with a clock and outcomes that the test sets.</summary>
internal sealed class LedgerBench
{
    public static readonly DateTimeOffset Begin = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);

    public FakeTimeProvider Time { get; } = new(Begin);

    public FakeUsageStore Store { get; } = new();

    public Outcome Outcome { get; set; }

    public RealmPolicy? Policy { get; set; }

    public UsageLedger Ledger(string edge = "edge-1") => new(
        new FaultyUsageWriter(Store.Writer(edge), () => Outcome), new ClusterOptions(), _ => Policy, Time, NullLoggerFactory.Instance);

    public static UsageAmount Bytes(long count) => new() { BytesToPeers = count };

    /// <summary>A flush whose failure the test expects.</summary>
    public async Task FailAsync(UsageLedger ledger, Outcome outcome)
    {
        Outcome = outcome;
        await Assert.ThrowsAsync<StoreUnavailableException>(ledger.FlushAsync);
        Outcome = Outcome.Answered;
    }
}
