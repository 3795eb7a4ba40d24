namespace Turnpike.Cluster;

/// <summary>What an edge says of itself with each heartbeat.</summary>
public sealed record EdgeRecord
{
    /// <summary>Name and incarnation: <c>name-incarnation</c>; a restart is another edge.</summary>
    public required string Id { get; init; }

    /// <summary>The same after a restart.</summary>
    public required string Name { get; init; }

    /// <summary>The name in an <see cref="Id"/>.</summary>
    public static string NameOf(string id) => id.LastIndexOf('-') is >= 0 and int end ? id[..end] : id;

    /// <summary>Empty when not told.</summary>
    public string Region { get; init; } = "";

    /// <summary>One of <c>ready</c>, <c>draining</c>, <c>not-ready</c>.</summary>
    public string State { get; init; } = "ready";

    /// <summary>The build.</summary>
    public string Version { get; init; } = "";

    /// <summary>TURN URIs that clients reach it by (RFC 7065).</summary>
    public IReadOnlyList<string> Urls { get; init; } = [];

    /// <summary>Public addresses of its relayed transport addresses.</summary>
    public IReadOnlyList<string> RelayAddresses { get; init; } = [];

    /// <summary>First port of its relayed transport addresses.</summary>
    public int MinPort { get; init; }

    /// <summary>Last port of its relayed transport addresses.</summary>
    public int MaxPort { get; init; }

    /// <summary>Where the control plane asks it for its allocations: <c>http://ADDRESS:PORT</c>; empty when not told.</summary>
    public string Management { get; init; } = "";

    /// <summary>Seconds of Unix time, by its own clock.</summary>
    public long StartedAt { get; init; }

    /// <summary>Whether it was without the store a moment ago.</summary>
    public bool Degraded { get; init; }

    /// <summary>What it can do at most; 0 is unknown.</summary>
    public EdgeCapacity Capacity { get; init; } = new();

    /// <summary>What it does now.</summary>
    public EdgeLoad Load { get; init; } = new();
}

/// <summary>What an edge can do at most; 0 is unknown.</summary>
public sealed record EdgeCapacity
{
    /// <summary>Allocations.</summary>
    public long Allocations { get; init; }

    /// <summary>Relay ports.</summary>
    public long RelayPorts { get; init; }

    /// <summary>Packets a second, both directions together.</summary>
    public long PacketsPerSecond { get; init; }

    /// <summary>Bits a second, both directions together.</summary>
    public long BitsPerSecond { get; init; }
}

/// <summary>What an edge does now.</summary>
public sealed record EdgeLoad
{
    /// <summary>When it said so: seconds of Unix time, by its own clock; 0 when not told.</summary>
    public long ReportedAt { get; init; }

    /// <summary>Allocations.</summary>
    public long Allocations { get; init; }

    /// <summary>Relay ports in use.</summary>
    public long RelayPortsUsed { get; init; }

    /// <summary>Packets a second, both directions together.</summary>
    public double PacketsPerSecond { get; init; }

    /// <summary>Bits a second, both directions together.</summary>
    public double BitsPerSecond { get; init; }

    /// <summary>Part of the time that the busiest shard works, 0 to 1.</summary>
    public double ShardBusy { get; init; }
}
