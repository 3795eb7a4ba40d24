using System.Text.Json;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>What became of a webhook that was to be added.</summary>
public enum WebhookAddition
{
    /// <summary>It is there.</summary>
    Added,

    /// <summary>There is no such realm.</summary>
    NoRealm,

    /// <summary>The realm has one of this name.</summary>
    Exists,

    /// <summary>The realm has as many as it may have.</summary>
    TooMany,
}

/// <summary>
/// The webhooks in the store; they go with their realm. Every method throws <see cref="StoreUnavailableException"/> while the store is away.
/// </summary>
/// <param name="store">The store.</param>
public sealed class WebhookStore(ClusterStore store)
{
    /// <summary>Webhooks that a realm may have.</summary>
    public const int MostOfRealm = 16;

    private const int Attempts = 20;

    /// <summary>What is announced when webhooks of a realm change.</summary>
    public static string Change(string realm) => "webhooks:" + realm;

    /// <summary>The realms that have webhooks.</summary>
    public async Task<IReadOnlyList<string>> RealmsAsync()
    {
        RedisValue[] realms = await store.QueryAsync(database => database.HashKeysAsync(store.Keys.WebhookRealms, CommandFlags.DemandMaster), "HKEYS")
            .ConfigureAwait(false);
        return [.. realms.Select(realm => realm.ToString())];
    }

    /// <summary>The webhooks of a realm, by id.</summary>
    public async Task<IReadOnlyList<WebhookRecord>> ListAsync(string realm)
    {
        HashEntry[] entries = await store.QueryAsync(database => database.HashGetAllAsync(store.Keys.Webhooks(realm), CommandFlags.DemandMaster), "HGETALL")
            .ConfigureAwait(false);
        return [.. entries.Select(entry => Parse(entry.Value)).OfType<WebhookRecord>().OrderBy(webhook => webhook.Id, StringComparer.Ordinal)];
    }

    /// <summary>A webhook; null when there is none of this name.</summary>
    public async Task<WebhookRecord?> FindAsync(string realm, string id) => Parse(await RawAsync(store.Keys.Webhooks(realm), id).ConfigureAwait(false));

    /// <summary>Adds a webhook, which has version 1 then.</summary>
    public async Task<WebhookAddition> AddAsync(WebhookRecord webhook)
    {
        RedisKey hash = store.Keys.Webhooks(webhook.Realm);
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            RedisValue realm = await RawAsync(store.Keys.Realms, webhook.Realm).ConfigureAwait(false);
            RedisValue count = await RawAsync(store.Keys.WebhookRealms, webhook.Realm).ConfigureAwait(false);
            RedisValue present = await RawAsync(hash, webhook.Id).ConfigureAwait(false);
            if (realm.IsNull || !present.IsNull || (int)count >= MostOfRealm)
            {
                return realm.IsNull ? WebhookAddition.NoRealm : present.IsNull ? WebhookAddition.TooMany : WebhookAddition.Exists;
            }
            ConfigurationEdit edit = new ConfigurationEdit(store)
                .If(store.Keys.Realms, webhook.Realm, realm)
                .If(store.Keys.WebhookRealms, webhook.Realm, count)
                .If(hash, webhook.Id, RedisValue.Null)
                .Set(hash, webhook.Id, Write(webhook with { Version = 1 }))
                .Set(store.Keys.WebhookRealms, webhook.Realm, (int)count + 1)
                .Announce(Change(webhook.Realm));
            if (await edit.RunAsync().ConfigureAwait(false))
            {
                return WebhookAddition.Added;
            }
        }
        throw Busy(webhook.Realm);
    }

    /// <summary>Changes a webhook, on top of whatever somebody else changes at the same time.</summary>
    /// <param name="realm">The realm.</param>
    /// <param name="id">The webhook.</param>
    /// <param name="change">Makes the new record of the present one; called again when somebody else was quicker.</param>
    /// <returns>The webhook as it is now; null when there is none of this name.</returns>
    public async Task<WebhookRecord?> ChangeAsync(string realm, string id, Func<WebhookRecord, WebhookRecord> change)
    {
        RedisKey hash = store.Keys.Webhooks(realm);
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            RedisValue before = await RawAsync(hash, id).ConfigureAwait(false);
            if (Parse(before) is not { } present)
            {
                return null;
            }
            WebhookRecord after = change(present) with { Version = present.Version + 1 };
            ConfigurationEdit edit = new ConfigurationEdit(store).If(hash, id, before).Set(hash, id, Write(after)).Announce(Change(realm));
            if (await edit.RunAsync().ConfigureAwait(false))
            {
                return after;
            }
        }
        throw Busy(realm);
    }

    /// <summary>Deletes a webhook.</summary>
    /// <param name="realm">The realm.</param>
    /// <param name="id">The webhook.</param>
    /// <param name="check">Throws where it must not be deleted.</param>
    /// <returns>What it was; null when there is none of this name.</returns>
    public async Task<WebhookRecord?> DeleteAsync(string realm, string id, Action<WebhookRecord> check)
    {
        RedisKey hash = store.Keys.Webhooks(realm);
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            RedisValue count = await RawAsync(store.Keys.WebhookRealms, realm).ConfigureAwait(false);
            RedisValue before = await RawAsync(hash, id).ConfigureAwait(false);
            if (Parse(before) is not { } present)
            {
                return null;
            }
            check(present);
            ConfigurationEdit edit = new ConfigurationEdit(store)
                .If(store.Keys.WebhookRealms, realm, count)
                .If(hash, id, before)
                .Delete(hash, id);
            edit = (int)count > 1
                ? edit.Set(store.Keys.WebhookRealms, realm, (int)count - 1)
                : edit.Delete(store.Keys.WebhookRealms, realm);
            if (await edit.Announce(Change(realm)).RunAsync().ConfigureAwait(false))
            {
                return present;
            }
        }
        throw Busy(realm);
    }

    private static WebhookRecord? Parse(RedisValue value) => ClusterJson.Read(value, ClusterJson.Default.WebhookRecord);

    private static byte[] Write(WebhookRecord webhook) => JsonSerializer.SerializeToUtf8Bytes(webhook, ClusterJson.Default.WebhookRecord);

    private static StoreRefusedException Busy(string realm) => new($"The webhooks of {realm} are changed by too many at once.");

    private Task<RedisValue> RawAsync(RedisKey hash, string field) =>
        store.QueryAsync(database => database.HashGetAsync(hash, field, CommandFlags.DemandMaster), "HGET");
}
