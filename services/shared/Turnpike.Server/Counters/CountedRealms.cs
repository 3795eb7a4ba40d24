namespace Turnpike.Server;

/// <summary>
/// The realms that are counted by name: the first ones that are seen, in all shards alike, up to a limit that bounds what a scrape has.
/// All others are counted together. Thread-safe; asked only when a realm comes to a shard that does not count it by name.
/// </summary>
/// <param name="limit">How many; at least 1.</param>
public sealed class CountedRealms(int limit)
{
    /// <summary>The name under which the others are counted. A realm of this very name is one of them.</summary>
    public const string Other = "other";

    private readonly Lock _lock = new();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Whether a realm is counted by name from now on.</summary>
    internal bool Admit(string realm)
    {
        lock (_lock)
        {
            return _names.Contains(realm) || (realm != Other && _names.Count < limit && _names.Add(realm));
        }
    }
}
