using Turnpike.Cluster.Tests;
using Turnpike.Stores;

[assembly: AssemblyFixture(typeof(SharedStores))]

namespace Turnpike.Cluster.Tests;

/// <summary>One store of each kind for the whole run, started when the first test asks for it. Tests keep apart by their key prefix.</summary>
public sealed class SharedStores : IAsyncLifetime
{
    private readonly Dictionary<StoreKind, Lazy<Task<IStore>>> _stores = Enum.GetValues<StoreKind>()
        .ToDictionary(kind => kind, kind => new Lazy<Task<IStore>>(() => kind.StartAsync()));

    public async Task<string> ConnectionStringAsync(StoreKind kind) => (await _stores[kind].Value).ConnectionString;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (Lazy<Task<IStore>> store in _stores.Values.Where(store => store.IsValueCreated && store.Value.IsCompletedSuccessfully))
        {
            await (await store.Value).DisposeAsync();
        }
    }
}
