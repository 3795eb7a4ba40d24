using Microsoft.Extensions.Time.Testing;
using Turnpike.Stores;

namespace Turnpike.Cluster.Tests;

/// <summary>Edges whose calls to the store the test steps through, and whose clock it sets.</summary>
public abstract class SteppedLeaseTest(SharedStores stores) : StoreTest(stores, StoreKind.Embedded)
{
    private protected const string Realm = "r";
    private protected static readonly LeaseLimits OnePerUser = new(1, 0, 0);
    private protected static readonly LeaseLimits TwoPerUser = new(2, 0, 0);
    private protected static readonly LeaseLimits OneInAll = new(0, 0, 1);

    private protected FakeTimeProvider Time { get; } = new();

    private protected LeaseCounts Counts => new(Store, Realm);

    private protected LeaseCounts TotalCounts => new(Store, ClusterKeys.AllRealms);

    // A store that is slow because the machine is busy is not what these tests are about.
    private protected override ClusterOptions Configure(string redis, string prefix) =>
        new() { Redis = redis, KeyPrefix = prefix, Timeout = 30_000 };

    private protected SteppedLedger NewEdge(string id, WhenStoreUnavailable mode = WhenStoreUnavailable.LocalShare, int edges = 1) =>
        new(Store, id, Time, mode, edges);
}
