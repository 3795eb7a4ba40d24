using System.Text.Json;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>A realm was changed by somebody else since it was read.</summary>
/// <param name="name">The realm.</param>
/// <param name="version">The version that it has now; 0 when there is none.</param>
public sealed class RealmConflictException(string name, long version)
    : Exception($"Realm {name} is at version {version} now.")
{
    /// <summary>The version that the realm has now; 0 when there is none.</summary>
    public long Version { get; } = version;
}

/// <summary>The realms in the store. Every method throws <see cref="StoreUnavailableException"/> while the store is away.</summary>
/// <param name="store">The store.</param>
public sealed class RealmStore(ClusterStore store)
{
    private const int Attempts = 20;

    /// <summary>What is announced when a realm changes.</summary>
    public static string Change(string realm) => "realm:" + realm;

    /// <summary>A realm; null when there is none of this name.</summary>
    public async Task<RealmRecord?> GetAsync(string name) => Parse(await RawAsync(name).ConfigureAwait(false));

    /// <summary>All realms, by name.</summary>
    public async Task<IReadOnlyList<RealmRecord>> ListAsync()
    {
        HashEntry[] entries = await store.QueryAsync(database => database.HashGetAllAsync(store.Keys.Realms, CommandFlags.DemandMaster), "HGETALL").ConfigureAwait(false);
        return [.. entries.Select(entry => Parse(entry.Value)).OfType<RealmRecord>().OrderBy(realm => realm.Name, StringComparer.Ordinal)];
    }

    /// <summary>Makes or changes a realm.</summary>
    /// <param name="realm">The record; its version is not regarded.</param>
    /// <param name="expectedVersion">The version that is changed, 0 for a realm that shall not exist yet, null for either.</param>
    /// <returns>The new version.</returns>
    /// <exception cref="RealmConflictException">The realm has another version.</exception>
    /// <exception cref="ArgumentException">The record has a <see cref="RealmRecord.Problem"/>.</exception>
    public async Task<long> PutAsync(RealmRecord realm, long? expectedVersion)
    {
        if (realm.Problem() is string problem)
        {
            throw new ArgumentException(problem, nameof(realm));
        }
        long version = 0;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            RedisValue before = await RawAsync(realm.Name).ConfigureAwait(false);
            version = Parse(before)?.Version ?? 0;
            if (expectedVersion is long expected && expected != version)
            {
                break;
            }
            RealmRecord next = realm with { Version = version + 1 };
            ConfigurationEdit edit = new ConfigurationEdit(store)
                .If(store.Keys.Realms, realm.Name, before)
                .Set(store.Keys.Realms, realm.Name, JsonSerializer.SerializeToUtf8Bytes(next, ClusterJson.Default.RealmRecord))
                .Announce(Change(realm.Name));
            if (await edit.RunAsync().ConfigureAwait(false))
            {
                return next.Version;
            }
        }
        throw new RealmConflictException(realm.Name, version);
    }

    /// <summary>Deletes a realm with its static users and its webhooks, in one step with a revocation of what was issued in it.</summary>
    /// <param name="name">The realm.</param>
    /// <param name="expectedVersion">The version that is deleted; null for any.</param>
    /// <param name="revocation">Ends the realm's live allocations; null leaves them to end by themselves.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="RealmConflictException">The realm has another version.</exception>
    public async Task<bool> DeleteAsync(string name, long? expectedVersion = null, Revocation? revocation = null)
    {
        long version = 0;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            RedisValue before = await RawAsync(name).ConfigureAwait(false);
            version = Parse(before)?.Version ?? 0;
            if (expectedVersion is long expected && expected != version)
            {
                break;
            }
            // Announced even when it is not there: an edge may still know a realm that a lost store has forgotten.
            ConfigurationEdit edit = new ConfigurationEdit(store)
                .If(store.Keys.Realms, name, before)
                .Delete(store.Keys.Realms, name)
                .Drop(store.Keys.Users(name))
                .Drop(store.Keys.UserHashes(name))
                .Drop(store.Keys.Webhooks(name))
                .Delete(store.Keys.WebhookRealms, name)
                .Announce(Change(name))
                .Announce(UserStore.Change(name))
                .Announce(WebhookStore.Change(name));
            if (revocation is not null)
            {
                RevocationStore.Add(edit, store, revocation);
            }
            if (await edit.RunAsync().ConfigureAwait(false))
            {
                return !before.IsNull;
            }
        }
        throw new RealmConflictException(name, version);
    }

    internal static RealmRecord? Parse(RedisValue value) => ClusterJson.Read(value, ClusterJson.Default.RealmRecord);

    private Task<RedisValue> RawAsync(string name) =>
        store.QueryAsync(database => database.HashGetAsync(store.Keys.Realms, name, CommandFlags.DemandMaster), "HGET");
}
