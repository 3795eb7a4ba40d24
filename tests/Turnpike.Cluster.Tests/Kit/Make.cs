using System.Text;

namespace Turnpike.Cluster.Tests;

/// <summary>Records for tests.</summary>
internal static class Make
{
    public static RealmRecord Realm(string name, params string[] secrets) => new()
    {
        Name = name,
        Secrets = [.. secrets.Select(secret => new RealmSecret(secret, Encoding.UTF8.GetBytes($"secret of {secret}"), 0, long.MaxValue))],
    };

    public static EdgeRecord Edge(string id) => new() { Id = id, Name = id, Urls = [$"turn:{id}.example.org:3478"] };

    public static Revocation Revocation(string id, string user, long revokedAt = 1000, long expiresAt = long.MaxValue) =>
        new(id, RevocationKind.User, "acme", user, revokedAt, expiresAt);
}
