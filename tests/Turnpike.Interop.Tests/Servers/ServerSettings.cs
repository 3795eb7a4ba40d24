using System.Net;
using Turnpike.Interop.Processes;

namespace Turnpike.Interop.Servers;

/// <summary>What a scenario needs of a TURN server, in words that every server understands.</summary>
internal sealed record ServerSettings
{
    public const string User = "alice";
    public const string Password = "wonderland";
    public const string Realm = "turnpike.test";

    /// <summary>The address that clients use, and where relayed transport addresses of its family are bound.</summary>
    public IPAddress Address { get; init; } = Loopback.NextAddress();

    /// <summary>An address for relayed transport addresses of the other family; none by default.</summary>
    public IPAddress? OtherFamily { get; init; }

    /// <summary>Peers on the loopback network are reachable, which no server allows by default.</summary>
    public bool LoopbackPeers { get; init; } = true;

    /// <summary>First and last port of relayed transport addresses; the server's default when null.</summary>
    public (int Min, int Max)? RelayPorts { get; init; }

    /// <summary>Concurrent allocations of one user; 0 is no limit.</summary>
    public int AllocationsPerUser { get; init; }

    /// <summary>Channel numbers up to 0x7FFF, as RFC 5766 had them: Debian's turnutils_uclient picks from all of them.</summary>
    public bool Rfc5766ChannelNumbers { get; init; } = true;
}
