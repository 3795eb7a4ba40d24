namespace Turnpike.Stores;

/// <summary>A user of Redis' access control lists.</summary>
/// <param name="Rules">As ACL SETUSER takes them: <c>~turnpike* &amp;turnpike* +@all</c>.</param>
public sealed record RedisUser(string Name, string Password, string Rules);

/// <summary>How a redis-server is started. The plain one has no password, no TLS and keeps nothing on disk.</summary>
public sealed record RedisOptions
{
    /// <summary>The password of the default user.</summary>
    public string? Password { get; init; }

    /// <summary>Further users; the first one is whom the connection string names.</summary>
    public IReadOnlyList<RedisUser> Users { get; init; } = [];

    /// <summary>Serves TLS only, with a certificate of our own.</summary>
    public bool Tls { get; init; }

    /// <summary>More arguments for redis-server: <c>["--maxmemory", "1mb"]</c>.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    internal StoreCertificates? Certificates { get; init; }
}
