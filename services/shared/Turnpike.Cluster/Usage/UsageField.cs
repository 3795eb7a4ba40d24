using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>A field of a bucket: the realm, one of its tags, or one of its users.</summary>
internal readonly record struct UsageField(UsageBy By, string Name)
{
    public static UsageField Realm => new(UsageBy.Realm, "");

    public static UsageField Tag(string tag) => new(UsageBy.Tag, tag);

    public static UsageField User(string user) => new(UsageBy.User, user);

    /// <summary>Matches every field of one kind in HSCAN.</summary>
    public static string Pattern(UsageBy by) => Prefix(by) + "*";

    /// <summary>The name in the store.</summary>
    public RedisValue ToStore() => By == UsageBy.Realm ? "r" : Prefix(By) + Name;

    /// <summary>The name without its kind.</summary>
    public static string NameOf(string field) => field[2..];

    private static string Prefix(UsageBy by) => by == UsageBy.Tag ? "t:" : "u:";
}
