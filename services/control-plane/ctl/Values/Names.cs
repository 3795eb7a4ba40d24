namespace Turnpike.Ctl.Values;

/// <summary>Resource names: what is typed is the last part of one, or all of it as tables and events show it.</summary>
public static class Names
{
    /// <exception cref="UsageException">Empty.</exception>
    public static string Of(string collection, string typed)
    {
        if (typed.Length == 0)
        {
            throw new UsageException($"an empty name is no name in {collection}");
        }
        return typed.StartsWith($"{collection}/", StringComparison.Ordinal) ? typed : $"{collection}/{typed}";
    }

    public static string Realm(string realm) => Of("realms", realm);

    public static string Edge(string edge) => Of("edges", edge);
}
