namespace Turnpike.Sockets;

/// <summary>How a reactor is made.</summary>
public sealed record ReactorOptions
{
    /// <summary>Uses the System.Net.Sockets backend on Linux too.</summary>
    public bool Portable { get; init; }

    /// <summary>
    /// Takes trains of datagrams from the kernel and gives them to it in one piece (UDP_GRO, UDP_SEGMENT); the handler sees single
    /// datagrams either way. Linux backend only.
    /// </summary>
    public bool SegmentationOffload { get; init; } = true;
}
