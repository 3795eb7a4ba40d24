using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Turnpike.Cluster;
using Turnpike.Stores;

namespace Turnpike.Edge.Tests.Cluster;

/// <summary>A cluster of its own in a store: what the control plane would do.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private TestCluster(string redis, string prefix, ClusterStore store)
    {
        Redis = redis;
        Prefix = prefix;
        Store = store;
    }

    public string Redis { get; }

    public string Prefix { get; }

    public ClusterStore Store { get; }

    public static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    public static async Task<TestCluster> OpenAsync(RedisServer server)
    {
        string prefix = $"t{Guid.NewGuid():N}";
        ClusterOptions options = new() { Redis = server.ConnectionString, KeyPrefix = prefix };
        ClusterStore store = ClusterStore.Open(options, TimeProvider.System, NullLoggerFactory.Instance);
        await store.WaitUntilAvailableAsync(TestContext.Current.CancellationToken);
        return new TestCluster(server.ConnectionString, prefix, store);
    }

    /// <summary>A secret that is valid from the beginning of time.</summary>
    public static RealmSecret Secret(string id, long notAfter = long.MaxValue) =>
        new(id, Encoding.ASCII.GetBytes($"a-secret-of-many-characters-{id}"), 0, notAfter);

    /// <summary>Puts a realm, and waits until edges serve it as it is.</summary>
    public async Task<RealmRecord> PutRealmAsync(string name, RealmPolicy policy, IReadOnlyList<RealmSecret> secrets, params ClusterEdge[] edges)
    {
        RealmRecord record = new() { Name = name, Policy = policy, Secrets = secrets };
        long version = await new RealmStore(Store).PutAsync(record, null);
        await Streams.Eventually.TrueAsync(() => edges.All(
            edge => edge.Cluster.Realms.Realms.GetValueOrDefault(name)?.Record?.Version == version));
        return record with { Version = version };
    }

    /// <summary>A caller with a credential that was just issued.</summary>
    public static Caller Issue(RealmRecord realm, ClusterEdge edge, string user, string tag = "")
    {
        (string username, string password) = IssuedCredential.Issue(realm, user, tag, TimeSpan.FromHours(1), Now, ':');
        return new Caller(edge, username, password);
    }

    /// <summary>The events of a realm, oldest first.</summary>
    public async Task<IReadOnlyList<ClusterEvent>> EventsAsync(string realm) => (await new EventLog(Store).ReadAsync(realm, null, 1000)).Events;

    /// <summary>What an edge says of itself; null while it is no member.</summary>
    public async Task<EdgeRecord?> MemberAsync(ClusterEdge edge) =>
        (await new Membership(Store).ListAsync()).FirstOrDefault(record => record.Id == edge.Cluster.Id);

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}
