using System.Text;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>
/// The names of all keys. Each has a hash tag (the part in braces), so that a Redis Cluster keeps keys that one script touches in
/// one slot: configuration in one slot, so that an edit and its announcement are atomic; leases, usage and events by realm.
/// </summary>
public sealed class ClusterKeys
{
    /// <summary>Stands for "all of the cluster" where a realm is asked for; no realm has this name.</summary>
    public const string AllRealms = "*";

    private readonly string _configuration;

    /// <summary>Makes the names under one prefix.</summary>
    /// <param name="prefix"><see cref="ClusterOptions.KeyPrefix"/>: no braces.</param>
    public ClusterKeys(string prefix)
    {
        Prefix = prefix;
        _configuration = $"{prefix}:{{{prefix}}}:";
        Notify = $"{prefix}:notify";
    }

    /// <summary>The first part of every key.</summary>
    public string Prefix { get; }

    /// <summary>The channel on which every edit is announced; a message is the name of what changed.</summary>
    public string Notify { get; }

    /// <summary>Hash: realm → JSON of <see cref="RealmRecord"/>.</summary>
    public RedisKey Realms => Configuration("realms");

    /// <summary>Hash: revocation id → JSON of <see cref="Revocation"/>.</summary>
    public RedisKey Revocations => Configuration("revocations");

    /// <summary>Hash: kind → JSON list of <see cref="ClusterKey"/>.</summary>
    public RedisKey ClusterKeyRing => Configuration("keys");

    /// <summary>Hash: edge id → JSON of <see cref="EdgeRecord"/>.</summary>
    public RedisKey Edges => Configuration("edges");

    /// <summary>Sorted set: edge id → when its record expires, milliseconds of the store's clock.</summary>
    public RedisKey EdgeExpiry => Configuration("edges:expiry");

    /// <summary>Hash: edge id → digest of the parts of its record that others act upon.</summary>
    public RedisKey EdgeShapes => Configuration("edges:shapes");

    /// <summary>Sorted set: edge id → when it left in order, milliseconds of the store's clock.</summary>
    public RedisKey EdgesLeft => Configuration("edges:left");

    /// <summary>Sorted set: what → number of its last change.</summary>
    public RedisKey Changes => Configuration("changes");

    /// <summary>String: number of the last change.</summary>
    public RedisKey Change => Configuration("change");

    /// <summary>String: <c>random:milliseconds</c>, made when the store is found empty.</summary>
    public RedisKey Epoch => Configuration("epoch");

    /// <summary>Hash: number and shape of the last scaling decision, and what the scaler remembers.</summary>
    public RedisKey Scaling => Configuration("scaling");

    /// <summary>List: scaling decisions, the oldest first.</summary>
    public RedisKey Decisions => Configuration("scaling:decisions");

    /// <summary>String: which process writes scaling decisions.</summary>
    public RedisKey Scaler => Configuration("scaling:scaler");

    /// <summary>Hash: username → JSON of the keys of a static user.</summary>
    public RedisKey Users(string realm) => Configuration("users:" + Encode(realm));

    /// <summary>Hash: SHA-256 of <c>username:realm</c> in hexadecimal → username (RFC 8489 section 14.4).</summary>
    public RedisKey UserHashes(string realm) => Configuration("userhashes:" + Encode(realm));

    /// <summary>Hash: what an edge shall do or be; see <see cref="OrderBook"/>.</summary>
    public RedisKey Orders(string edgeId) => Configuration("orders:" + Encode(edgeId));

    /// <summary>Hash: realm → how many webhooks it has; none for realms without.</summary>
    public RedisKey WebhookRealms => Configuration("webhooks");

    /// <summary>Hash: webhook id → JSON of <see cref="WebhookRecord"/>.</summary>
    public RedisKey Webhooks(string realm) => Configuration("webhooks:" + Encode(realm));

    /// <summary>Hash: who delivers a webhook, until when, and how far it is. Each has a slot of its own.</summary>
    public RedisKey WebhookProgress(string uid) => $"{Prefix}:{{{Prefix}:w:{Encode(uid)}}}:progress";

    /// <summary>String: what a request was answered. Each has a slot of its own.</summary>
    public RedisKey Once(string id) => $"{Prefix}:{{{Prefix}:o:{Encode(id)}}}:once";

    /// <summary>A key of the realm's quota leases; all of one realm share a slot.</summary>
    public RedisKey Quota(string realm, string name) => ByRealm('q', realm, name);

    /// <summary>A key of the realm's usage; all of one realm share a slot.</summary>
    public RedisKey Usage(string realm, string name) => ByRealm('u', realm, name);

    /// <summary>A key of the realm's events; all of one realm share a slot.</summary>
    public RedisKey Events(string realm, string name) => ByRealm('e', realm, name);

    /// <summary>A key in the same slot as another one; the probe writes it where a call has failed.</summary>
    public RedisKey Probe(RedisKey beside)
    {
        string text = beside.ToString();
        int open = text.IndexOf('{', StringComparison.Ordinal);
        int close = open < 0 ? -1 : text.IndexOf('}', open);
        return close < 0 ? Configuration("probe") : $"{Prefix}:{text[open..(close + 1)]}:probe";
    }

    /// <summary>Percent-encodes what would end a hash tag or a part of a key: <c>{ } % :</c>.</summary>
    public static string Encode(string name)
    {
        if (name.AsSpan().IndexOfAny("{}%:") < 0)
        {
            return name;
        }
        StringBuilder text = new(name.Length + 8);
        foreach (char c in name)
        {
            _ = c is '{' or '}' or '%' or ':' ? text.Append('%').Append(((int)c).ToString("X2", null)) : text.Append(c);
        }
        return text.ToString();
    }

    private RedisKey Configuration(string name) => _configuration + name;

    private RedisKey ByRealm(char kind, string realm, string name) => $"{Prefix}:{{{Prefix}:{kind}:{Encode(realm)}}}:{name}";
}
