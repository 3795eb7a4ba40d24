namespace Turnpike.Cluster;

/// <summary>What an edge tells of an allocation that lives on it.</summary>
public sealed record AllocationRecord
{
    /// <summary>Names it on its edge.</summary>
    public required long Id { get; init; }

    /// <summary>The realm that it counts in.</summary>
    public string Realm { get; init; } = "";

    /// <summary>The user that it counts against.</summary>
    public string User { get; init; } = "";

    /// <summary>The tag of its credential.</summary>
    public string Tag { get; init; } = "";

    /// <summary>One of <c>udp</c>, <c>tcp</c>, <c>tls</c>, <c>dtls</c>.</summary>
    public string Transport { get; init; } = "";

    /// <summary>The client's address and port when the allocation began (RFC 8656 section 3.2).</summary>
    public string Client { get; init; } = "";

    /// <summary>The relayed transport addresses.</summary>
    public IReadOnlyList<string> Relayed { get; init; } = [];

    /// <summary>When it began: milliseconds of Unix time, by the edge's clock.</summary>
    public long StartedAt { get; init; }

    /// <summary>What it has used so far.</summary>
    public UsageAmount Used { get; init; }
}
