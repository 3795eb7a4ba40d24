namespace Turnpike.Scaling;

/// <summary>What an edge can run out of.</summary>
public enum Dimension
{
    /// <summary>Allocations.</summary>
    Allocations,

    /// <summary>Relay ports.</summary>
    RelayPorts,

    /// <summary>Packets a second, both directions together.</summary>
    PacketsPerSecond,

    /// <summary>Bits a second, both directions together.</summary>
    BitsPerSecond,

    /// <summary>Time of the busiest shard, of which an edge has 1.</summary>
    ShardBusy,
}
