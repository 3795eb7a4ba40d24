using System.Globalization;
using StackExchange.Redis;

namespace Turnpike.Cluster.Tests;

/// <summary>Looks at, and into the workings of, what the store counts of one realm.</summary>
internal sealed class LeaseCounts(ClusterStore store, string realm, ClusterKeys? other = null)
{
    private ClusterKeys Keys => other ?? store.Keys;

    private RedisKey Edges => Keys.Quota(realm, "edges");

    private RedisKey Total => Keys.Quota(realm, "total");

    public async Task<int> TotalAsync() => (int)await store.QueryAsync(d => d.StringGetAsync(Total, CommandFlags.DemandMaster));

    public async Task<SortedDictionary<string, int>> UsersAsync() =>
        Sorted(await store.QueryAsync(d => d.HashGetAllAsync(Keys.Quota(realm, "users"), CommandFlags.DemandMaster)));

    public async Task<SortedDictionary<string, int>> HeldAsync(string edge) =>
        Sorted(await store.QueryAsync(d => d.HashGetAllAsync(Held(edge), CommandFlags.DemandMaster)));

    /// <summary>How many of the realm's keys there are, with those of the edges that are named.</summary>
    public async Task<long> KeysAsync(params string[] edges)
    {
        RedisKey[] all = [Edges, Keys.Quota(realm, "sequence"), Keys.Quota(realm, "users"), Total, .. edges.Select(Held)];
        return await store.QueryAsync(d => d.KeyExistsAsync(all, CommandFlags.DemandMaster));
    }

    /// <summary>As when the lease of an edge that died has ended.</summary>
    public Task ExpireAsync(string edge) => store.QueryAsync(d => d.SortedSetAddAsync(Edges, edge, 1, SortedSetWhen.Exists));

    /// <summary>As in a failover to a replica that lags behind: the edge's last call is lost.</summary>
    public Task ForgetLastCallAsync(string edge) => store.QueryAsync(d => d.HashIncrementAsync(Keys.Quota(realm, "sequence"), edge, -1));

    /// <summary>As when the store starts empty.</summary>
    public async Task LoseAllAsync(params string[] edges)
    {
        RedisKey[] all = [Edges, Keys.Quota(realm, "sequence"), Keys.Quota(realm, "users"), Total, .. edges.Select(Held)];
        await store.QueryAsync(d => d.KeyDeleteAsync(all));
    }

    private RedisKey Held(string edge) => Keys.Quota(realm, "held:" + ClusterKeys.Encode(edge));

    private static SortedDictionary<string, int> Sorted(HashEntry[] entries) =>
        new(entries.ToDictionary(e => e.Name.ToString(), e => int.Parse(e.Value.ToString(), CultureInfo.InvariantCulture)), StringComparer.Ordinal);
}
