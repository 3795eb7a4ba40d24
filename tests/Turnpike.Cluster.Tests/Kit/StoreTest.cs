using Turnpike.Stores;

namespace Turnpike.Cluster.Tests;

/// <summary>
/// A test against a store of one kind: an empty part of it, under a prefix of its own. A conformance class is abstract and has one
/// derived class for each kind.
/// </summary>
public abstract class StoreTest(SharedStores stores, StoreKind kind) : IAsyncLifetime
{
    /// <summary>Milliseconds: these tests are about what a store answers, not how soon on a machine that does other things.</summary>
    private protected const int PatientTimeout = 15_000;

    private readonly List<ClusterStore> _opened = [];

    /// <summary>The store as one process has it.</summary>
    private protected ClusterStore Store { get; private set; } = null!;

    private protected ClusterOptions Options { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Options = Configure(await stores.ConnectionStringAsync(kind), Stores.NewPrefix());
        Store = await OpenAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (ClusterStore store in _opened)
        {
            await store.DisposeAsync();
        }
    }

    private protected virtual ClusterOptions Configure(string redis, string prefix) =>
        new() { Redis = redis, KeyPrefix = prefix, Timeout = PatientTimeout, ConnectTimeout = PatientTimeout };

    /// <summary>The same part of the store as another process has it: a connection of its own.</summary>
    private protected async Task<ClusterStore> OpenAsync()
    {
        ClusterStore store = Stores.Open(Options);
        _opened.Add(store);
        await store.AvailableAsync();
        return store;
    }
}
