using System.Globalization;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>
/// One atomic edit of the configuration and its announcement (<c>edit.lua</c>): carried out only if what was read before is still
/// so.
/// </summary>
/// <param name="store">The store.</param>
internal sealed class ConfigurationEdit(ClusterStore store)
{
    private const int FirstHash = 3;
    private static readonly ClusterScript Script = ClusterScript.Load("edit");
    private readonly List<RedisKey> _keys = [store.Keys.Change, store.Keys.Changes];
    private readonly List<RedisValue> _conditions = [];
    private readonly List<RedisValue> _steps = [];

    /// <summary>After what time the edited hashes expire; never, unless set.</summary>
    public TimeSpan Expiry { get; init; }

    /// <summary>Only if a field still has the value that was read; a null value: if there is no such field.</summary>
    public ConfigurationEdit If(RedisKey hash, RedisValue field, RedisValue value)
    {
        _conditions.AddRange(["is", IndexOf(hash), field, value.IsNull ? RedisValue.EmptyString : value]);
        return this;
    }

    public ConfigurationEdit Set(RedisKey hash, RedisValue field, RedisValue value) => Step("set", hash, field, value);

    public ConfigurationEdit Delete(RedisKey hash, RedisValue field) => Step("del", hash, field, "");

    public ConfigurationEdit Drop(RedisKey hash) => Step("drop", hash, "", "");

    /// <summary>Announces that something changed.</summary>
    public ConfigurationEdit Announce(string what)
    {
        _steps.AddRange(["say", 0, what, ""]);
        return this;
    }

    /// <summary>Carries it out.</summary>
    /// <returns>Whether all conditions held.</returns>
    public async Task<bool> RunAsync()
    {
        RedisResult change = await store.RunAsync(Script, [.. _keys],
            [store.Keys.Notify, Expiry.TotalMilliseconds.ToString("F0", CultureInfo.InvariantCulture), .. _conditions, .. _steps]).ConfigureAwait(false);
        return (string?)change != "0";
    }

    private ConfigurationEdit Step(string verb, RedisKey hash, RedisValue field, RedisValue value)
    {
        _steps.AddRange([verb, IndexOf(hash), field, value]);
        return this;
    }

    private RedisValue IndexOf(RedisKey hash)
    {
        int index = _keys.IndexOf(hash, FirstHash - 1);
        if (index < 0)
        {
            index = _keys.Count;
            _keys.Add(hash);
        }
        return index + 1;
    }
}
