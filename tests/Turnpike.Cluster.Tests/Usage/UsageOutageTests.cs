using Microsoft.Extensions.Logging.Abstractions;
using Turnpike.Stores;

namespace Turnpike.Cluster.Tests;

/// <summary>Usage while a real server hangs, ends and begins without data.</summary>
public sealed class UsageOutageTests : IAsyncLifetime
{
    private const string Realm = "acme";
    private RedisServer _server = null!;
    private ClusterStore _store = null!;
    private UsageLedger _ledger = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        ClusterOptions options = new() { Redis = _server.ConnectionString, Timeout = 200 };
        _store = await Stores.OpenAvailableAsync(options);
        _ledger = new UsageLedger(_store, "edge-1", options, _ => null, TimeProvider.System, NullLoggerFactory.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _ledger.DisposeAsync();
        await _store.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_batch_that_a_hanging_server_adds_late_is_added_once()
    {
        _ledger.Add(Realm, "alice", "", LedgerBench.Bytes(1));
        await _ledger.FlushAsync();
        _server.Pause();
        _ledger.Add(Realm, "alice", "", LedgerBench.Bytes(20));
        // Sent, and carried out when the server goes on; the ledger cannot know.
        await Assert.ThrowsAsync<StoreUnavailableException>(_ledger.FlushAsync);
        _ledger.Add(Realm, "alice", "", LedgerBench.Bytes(300));
        await Assert.ThrowsAsync<StoreUnavailableException>(_ledger.FlushAsync);
        _server.Resume();
        await FlushedAsync();
        Assert.Equal(321, await UsedAsync());
        Assert.Equal(1, _ledger.Statistics.BatchesRepeated);
    }

    [Fact]
    public async Task A_server_that_begins_without_data_gets_what_it_never_had()
    {
        _ledger.Add(Realm, "alice", "", LedgerBench.Bytes(1));
        await _ledger.FlushAsync();
        await _server.KillAsync();
        _ledger.Add(Realm, "alice", "", LedgerBench.Bytes(20));
        await Assert.ThrowsAsync<StoreUnavailableException>(_ledger.FlushAsync);
        _ledger.Add(Realm, "alice", "", LedgerBench.Bytes(300));
        await _server.RestartEmptyAsync();
        await FlushedAsync();
        Assert.Equal(320, await UsedAsync());
    }

    private Task FlushedAsync() => Stores.UntilAsync("a flush succeeds", async () =>
    {
        await _ledger.FlushAsync();
        return true;
    });

    private async Task<long> UsedAsync()
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return (await new UsageStore(_store).ReadAsync(Realm, UsageBucket.Minute, now.AddMinutes(-10), now.AddMinutes(1), UsageBy.User, "alice"))
            .Sum(row => row.Amount.Bytes);
    }
}
