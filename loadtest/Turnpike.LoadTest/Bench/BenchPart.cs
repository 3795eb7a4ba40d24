namespace Turnpike.LoadTest.Bench;

/// <summary>What a comparison consists of.</summary>
internal enum BenchPart
{
    /// <summary>Single packets at a fixed rate.</summary>
    Packets,

    /// <summary>The same in bursts, as video comes.</summary>
    Bursts,

    /// <summary>Both ends are clients of the server.</summary>
    Pairs,

    /// <summary>The same rate over more and more allocations.</summary>
    Growth,

    /// <summary>The highest rate without loss.</summary>
    Saturation,

    /// <summary>Allocations made and deleted, as fast as they are answered.</summary>
    Allocates,

    /// <summary>Start and resident memory of a server by its allocations.</summary>
    Memory,

    /// <summary>The first server, an edge, at half of its highest rate for minutes; only where it is asked for.</summary>
    Soak,
}
