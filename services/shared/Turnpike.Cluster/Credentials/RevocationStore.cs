using System.Text.Json;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>The revocations in the store. Every method throws <see cref="StoreUnavailableException"/> while the store is away.</summary>
/// <param name="store">The store.</param>
public sealed class RevocationStore(ClusterStore store)
{
    /// <summary>What is announced when revocations change.</summary>
    public const string Change = "revocations";

    /// <summary>What is announced, beside <see cref="Change"/>, when one is taken back, with its id behind it.</summary>
    public const string RemovedPrefix = "revocation-removed:";

    // A script call takes this many in one go.
    private const int Batch = 1000;

    // Clocks of edges may differ from the store's by half a minute.
    private const long Grace = 60;

    /// <summary>Adds or replaces a revocation.</summary>
    public Task AddAsync(Revocation revocation) => Add(new ConfigurationEdit(store), store, revocation).RunAsync();

    /// <summary>A revocation; null when there is none with this id, or it is over and was forgotten.</summary>
    public async Task<Revocation?> FindAsync(string id) => ClusterJson.Read(
        await store.QueryAsync(database => database.HashGetAsync(store.Keys.Revocations, id, CommandFlags.DemandMaster), "HGET").ConfigureAwait(false),
        ClusterJson.Default.Revocation);

    /// <summary>Takes a revocation back; one that is not there is no error.</summary>
    public Task RemoveAsync(string id) => new ConfigurationEdit(store)
        .Delete(store.Keys.Revocations, id)
        .Announce(Change)
        .Announce(RemovedPrefix + id)
        .RunAsync();

    /// <summary>All that still count, by the store's clock; the others are forgotten.</summary>
    public async Task<IReadOnlyList<Revocation>> ListAsync()
    {
        TimedHash hash = await TimedHash.ReadAsync(store, store.Keys.Revocations).ConfigureAwait(false);
        long expired = hash.Now / 1000 - Grace;
        List<Revocation> live = new(hash.Fields.Count);
        List<string> dead = [];
        foreach ((string id, RedisValue value) in hash.Fields)
        {
            Revocation? revocation = ClusterJson.Read(value, ClusterJson.Default.Revocation);
            if (revocation is not null && revocation.ExpiresAt > expired)
            {
                live.Add(revocation);
            }
            else
            {
                dead.Add(id);
            }
        }
        foreach (string[] ids in dead.Chunk(Batch))
        {
            ConfigurationEdit edit = new(store);
            foreach (string id in ids)
            {
                edit.If(store.Keys.Revocations, id, hash.Fields[id]).Delete(store.Keys.Revocations, id);
            }
            await edit.RunAsync().ConfigureAwait(false);
        }
        return live;
    }

    /// <summary>Makes a revocation part of an edit.</summary>
    internal static ConfigurationEdit Add(ConfigurationEdit edit, ClusterStore store, Revocation revocation) => edit
        .Set(store.Keys.Revocations, revocation.Id, JsonSerializer.SerializeToUtf8Bytes(revocation, ClusterJson.Default.Revocation))
        .Announce(Change);
}
