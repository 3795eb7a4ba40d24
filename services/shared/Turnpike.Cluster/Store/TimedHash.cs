using System.Globalization;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>A hash as it was at a moment of the store's clock.</summary>
/// <param name="Now">Milliseconds of Unix time.</param>
/// <param name="Fields">Fields and values.</param>
internal sealed record TimedHash(long Now, IReadOnlyDictionary<string, RedisValue> Fields)
{
    private static readonly ClusterScript Script = ClusterScript.Load("read");

    /// <summary>Reads one.</summary>
    public static async Task<TimedHash> ReadAsync(ClusterStore store, RedisKey hash)
    {
        RedisResult result = await store.RunAsync(Script, [hash], []).ConfigureAwait(false);
        return new TimedHash(Number(result[0]), Pairs(result[1]));
    }

    /// <summary>A number that a script gave as text, since Lua's own become integers of other sizes.</summary>
    public static long Number(RedisResult text) => long.Parse((string)text!, CultureInfo.InvariantCulture);

    /// <summary>Fields and values in turn.</summary>
    public static Dictionary<string, RedisValue> Pairs(RedisResult list)
    {
        Dictionary<string, RedisValue> pairs = new(list.Length / 2, StringComparer.Ordinal);
        for (int i = 0; i + 1 < list.Length; i += 2)
        {
            pairs[(string)list[i]!] = (RedisValue)list[i + 1];
        }
        return pairs;
    }
}
