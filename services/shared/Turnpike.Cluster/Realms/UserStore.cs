using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>The static users of realms. Every method throws <see cref="StoreUnavailableException"/> while the store is away.</summary>
/// <param name="store">The store.</param>
public sealed class UserStore(ClusterStore store)
{
    /// <summary>What is announced when users of a realm change.</summary>
    public static string Change(string realm) => "users:" + realm;

    /// <summary>USERHASH: SHA-256 of <c>username:realm</c> (RFC 8489 section 14.4), 32 bytes.</summary>
    public static byte[] UserHash(string realm, string username) => SHA256.HashData(Encoding.UTF8.GetBytes($"{username}:{realm}"));

    /// <summary>A user; null when there is none of this name.</summary>
    public async Task<StaticUserRecord?> FindAsync(string realm, string username) => ClusterJson.Read(
        await GetAsync(store.Keys.Users(realm), username).ConfigureAwait(false), ClusterJson.Default.StaticUserRecord);

    /// <summary>A user by its USERHASH (RFC 8489 section 14.4); null when there is none.</summary>
    public async Task<StaticUserRecord?> FindByHashAsync(string realm, byte[] userHash)
    {
        RedisValue username = await GetAsync(store.Keys.UserHashes(realm), Convert.ToHexStringLower(userHash)).ConfigureAwait(false);
        return username.IsNull ? null : await FindAsync(realm, username.ToString()).ConfigureAwait(false);
    }

    /// <summary>Makes or changes a user.</summary>
    public Task PutAsync(string realm, StaticUserRecord user) => new ConfigurationEdit(store)
        .Set(store.Keys.Users(realm), user.Username, JsonSerializer.SerializeToUtf8Bytes(user, ClusterJson.Default.StaticUserRecord))
        .Set(store.Keys.UserHashes(realm), HashField(realm, user.Username), user.Username)
        .Announce(Change(realm))
        .RunAsync();

    /// <summary>Deletes a user; one that is not there is no error.</summary>
    public Task DeleteAsync(string realm, string username) => new ConfigurationEdit(store)
        .Delete(store.Keys.Users(realm), username)
        .Delete(store.Keys.UserHashes(realm), HashField(realm, username))
        .Announce(Change(realm))
        .RunAsync();

    /// <summary>Reads the users of a realm piece by piece.</summary>
    /// <param name="realm">The realm.</param>
    /// <param name="cursor">0 at first, then <see cref="StaticUserPage.Cursor"/>.</param>
    /// <param name="count">About how many at once.</param>
    public async Task<StaticUserPage> ListAsync(string realm, long cursor, int count)
    {
        RedisResult page = await store.QueryAsync(database => database.ExecuteAsync(
            "HSCAN",
            [store.Keys.Users(realm), cursor.ToString(CultureInfo.InvariantCulture), "COUNT", count],
            CommandFlags.DemandMaster), "HSCAN").ConfigureAwait(false);
        IEnumerable<StaticUserRecord> users =
            TimedHash.Pairs(page[1]).Values.Select(value => ClusterJson.Read(value, ClusterJson.Default.StaticUserRecord)).OfType<StaticUserRecord>();
        return new StaticUserPage([.. users], TimedHash.Number(page[0]));
    }

    private static string HashField(string realm, string username) => Convert.ToHexStringLower(UserHash(realm, username));

    private Task<RedisValue> GetAsync(RedisKey hash, string field) =>
        store.QueryAsync(database => database.HashGetAsync(hash, field, CommandFlags.DemandMaster), "HGET");
}
