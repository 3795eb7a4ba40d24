using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>One of the four sockets of NAT behaviour discovery.</summary>
/// <param name="Local">Where it is bound.</param>
/// <param name="Public">What clients are told; differs behind a 1:1 NAT.</param>
/// <param name="Path">The caller's index of the socket (<see cref="FiveTuple.Path"/>).</param>
public sealed record NatDiscoverySource(TransportAddress Local, TransportAddress Public, int Path)
{
    /// <summary>Which of the four: bit 0 is the other port, bit 1 the other IP address.</summary>
    internal int Position { get; init; }
}

/// <summary>
/// The two IP addresses and two ports of NAT behaviour discovery (RFC 5780 section 6), all four combinations of them listening.
/// Immutable.
/// </summary>
public sealed class NatDiscoveryPolicy
{
    private readonly NatDiscoverySource[] _sources;

    /// <summary>Joins the four sockets.</summary>
    /// <param name="primary">The address and the port that clients know.</param>
    /// <param name="otherPort">The same address, the other port.</param>
    /// <param name="otherAddress">The other address, the same port.</param>
    /// <param name="other">Both others.</param>
    public NatDiscoveryPolicy(
        NatDiscoverySource primary, NatDiscoverySource otherPort, NatDiscoverySource otherAddress, NatDiscoverySource other) =>
        _sources =
        [
            primary with { Position = 0 },
            otherPort with { Position = 1 },
            otherAddress with { Position = 2 },
            other with { Position = 3 },
        ];

    /// <summary>The socket that a datagram arrived on; null where it is none of the four, or no UDP.</summary>
    internal NatDiscoverySource? Find(in FiveTuple fiveTuple)
    {
        if (fiveTuple.Transport != ClientTransport.Udp)
        {
            return null;
        }

        foreach (NatDiscoverySource source in _sources)
        {
            if (source.Local.Equals(fiveTuple.Server))
            {
                return source;
            }
        }

        return null;
    }

    /// <summary>The socket with the other port, the other address, both, or neither.</summary>
    internal NatDiscoverySource Change(NatDiscoverySource from, bool address, bool port) =>
        _sources[from.Position ^ (address ? 2 : 0) ^ (port ? 1 : 0)];
}
