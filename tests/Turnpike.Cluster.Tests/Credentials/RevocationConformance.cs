using Turnpike.Stores;

namespace Turnpike.Cluster.Tests;

public abstract class RevocationConformance(SharedStores stores, StoreKind kind) : StoreTest(stores, kind)
{
    [Fact]
    public async Task A_revocation_is_listed_until_it_is_removed()
    {
        RevocationStore revocations = new(Store);
        Revocation alice = Make.Revocation("1", "alice");
        await revocations.AddAsync(alice);
        await revocations.AddAsync(Make.Revocation("2", "bob"));
        Assert.Equal(["1", "2"], (await revocations.ListAsync()).Select(revocation => revocation.Id).Order(StringComparer.Ordinal));
        Assert.Contains(alice, await revocations.ListAsync());
        await revocations.RemoveAsync("1");
        Assert.Equal(["2"], (await revocations.ListAsync()).Select(revocation => revocation.Id));
    }

    [Fact]
    public async Task Expired_revocations_are_forgotten_in_the_store_as_well()
    {
        RevocationStore revocations = new(Store);
        await Task.WhenAll(Enumerable.Range(0, 1200).Select(i => revocations.AddAsync(Make.Revocation($"{i}", "alice", 1000, 2000))));
        await revocations.AddAsync(Make.Revocation("live", "alice"));
        Assert.Equal(["live"], (await revocations.ListAsync()).Select(revocation => revocation.Id));
        Assert.Equal(1, await Store.QueryAsync(database => database.HashLengthAsync(Store.Keys.Revocations)));
    }
}

public sealed class RevocationsOnEmbedded(SharedStores stores) : RevocationConformance(stores, StoreKind.Embedded);

public sealed class RevocationsOnRedis(SharedStores stores) : RevocationConformance(stores, StoreKind.Redis);

public sealed class RevocationsOnSentinel(SharedStores stores) : RevocationConformance(stores, StoreKind.Sentinel);

public sealed class RevocationsOnCluster(SharedStores stores) : RevocationConformance(stores, StoreKind.Cluster);
