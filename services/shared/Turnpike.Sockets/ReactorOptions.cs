namespace Turnpike.Sockets;

/// <summary>How a reactor is made.</summary>
public sealed record ReactorOptions
{
    /// <summary>Uses the System.Net.Sockets backend on Linux too.</summary>
    public bool Portable { get; init; }
}
