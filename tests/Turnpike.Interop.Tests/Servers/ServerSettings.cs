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

    /// <summary>The port of UDP, and of TCP where it is served; the system's choice when null.</summary>
    public int? Port { get; init; }

    /// <summary>An address for relayed transport addresses of the other family; none by default.</summary>
    public IPAddress? OtherFamily { get; init; }

    /// <summary>Clients are served over TCP too, on the port that UDP has.</summary>
    public bool Tcp { get; init; }

    /// <summary>Clients are served over TLS and DTLS too, on <see cref="TurnServer.SecureEndPoint"/>; by none when null.</summary>
    public TestCertificate? Certificate { get; init; }

    /// <summary>TCP allocations (RFC 6062).</summary>
    public bool TcpRelay { get; init; }

    /// <summary>Mobility (RFC 8016).</summary>
    public bool Mobility { get; init; }

    /// <summary>The other address of NAT behaviour discovery (RFC 5780); without one the server offers none.</summary>
    public IPAddress? DiscoveryAddress { get; init; }

    /// <summary>Peers on the loopback network are reachable, which no server allows by default.</summary>
    public bool LoopbackPeers { get; init; } = true;

    /// <summary>First and last port of relayed transport addresses; the server's default when null.</summary>
    public (int Min, int Max)? RelayPorts { get; init; }

    /// <summary>Concurrent allocations of one user; 0 is no limit.</summary>
    public int AllocationsPerUser { get; init; }

    /// <summary>Channel numbers up to 0x7FFF, as RFC 5766 had them: Debian's turnutils_uclient picks from all of them.</summary>
    public bool Rfc5766ChannelNumbers { get; init; } = true;
}
