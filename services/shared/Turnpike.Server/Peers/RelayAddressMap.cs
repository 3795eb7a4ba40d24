using System.Collections.Frozen;
using System.Runtime.InteropServices;
using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>One address that relayed transport addresses live on: where it is bound, and what the world calls it.</summary>
/// <param name="Local">The address that sockets bind.</param>
/// <param name="Public">The address that clients and peers are told.</param>
public readonly record struct RelayAddress(TransportAddress Local, TransportAddress Public);

/// <summary>A public address that relayed transport addresses of another server of the fleet live on.</summary>
/// <param name="Address">The address that clients and peers are told; its port is ignored.</param>
/// <param name="MinPort">The first port of that server's relay range.</param>
/// <param name="MaxPort">The last port of that server's relay range.</param>
public readonly record struct FleetRelayAddress(TransportAddress Address, ushort MinPort, ushort MaxPort);

/// <summary>
/// Two clients of one server behind a 1:1 NAT know each other by the public address, which the NAT may not turn back
/// ("hairpin"). So a peer on a public relay address of this server is reached at its local one, and named by its public one. Those
/// of the fleet's other servers are relay addresses too, and reached as they are.
/// </summary>
/// <param name="addresses">The server's relay addresses; ports do not matter.</param>
/// <param name="minPort">The first port of the relay range.</param>
/// <param name="maxPort">The last port of the relay range.</param>
/// <param name="fleet">Those of the fleet's other servers; several servers may share an address, and part its ports.</param>
public sealed class RelayAddressMap(
    IReadOnlyList<RelayAddress> addresses, ushort minPort, ushort maxPort, IReadOnlyList<FleetRelayAddress>? fleet = null)
{
    private readonly RelayAddress[] _addresses = new List<RelayAddress>(addresses).ToArray();
    private readonly RelayAddress[] _mapped = Mapped(addresses);
    private readonly FrozenDictionary<TransportAddress, (ushort Min, ushort Max)[]> _fleet = ByAddress(fleet ?? []);

    /// <summary>No relay address at all.</summary>
    public static RelayAddressMap Empty { get; } = new([], 0, 0);

    /// <summary>Whether <paramref name="peer"/> is an advertised relay address; port 0 asks for the address alone.</summary>
    /// <param name="peer">A peer as a client names it.</param>
    public bool IsRelayAddress(in TransportAddress peer) => IsOwnRelayAddress(peer) || (_fleet.Count > 0 && IsOfFleet(peer));

    /// <summary>The address to send to for a peer that the client knows as <paramref name="peer"/>.</summary>
    internal TransportAddress ToLocal(in TransportAddress peer)
    {
        foreach (ref readonly RelayAddress address in _mapped.AsSpan())
        {
            if (peer.Port >= minPort && peer.Port <= maxPort && address.Public.SameAddress(peer))
            {
                return address.Local.WithPort(peer.Port);
            }
        }

        return peer;
    }

    /// <summary>The address under which clients know the peer that a datagram came from.</summary>
    internal TransportAddress ToPublic(in TransportAddress source)
    {
        foreach (ref readonly RelayAddress address in _mapped.AsSpan())
        {
            if (source.Port >= minPort && source.Port <= maxPort && address.Local.SameAddress(source))
            {
                return address.Public.WithPort(source.Port);
            }
        }

        return source;
    }

    private static FrozenDictionary<TransportAddress, (ushort Min, ushort Max)[]> ByAddress(IReadOnlyList<FleetRelayAddress> fleet)
    {
        var ranges = new Dictionary<TransportAddress, (ushort Min, ushort Max)[]>();
        foreach (FleetRelayAddress one in fleet)
        {
            ref (ushort Min, ushort Max)[]? known =
                ref CollectionsMarshal.GetValueRefOrAddDefault(ranges, one.Address.WithPort(0), out _);
            known = [.. known ?? [], (one.MinPort, one.MaxPort)];
        }

        return ranges.ToFrozenDictionary();
    }

    private bool IsOwnRelayAddress(in TransportAddress peer)
    {
        if (peer.Port != 0 && (peer.Port < minPort || peer.Port > maxPort))
        {
            return false;
        }

        foreach (ref readonly RelayAddress address in _addresses.AsSpan())
        {
            if (address.Public.SameAddress(peer))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsOfFleet(in TransportAddress peer)
    {
        if (!_fleet.TryGetValue(peer.WithPort(0), out (ushort Min, ushort Max)[]? ranges))
        {
            return false;
        }

        if (peer.Port == 0)
        {
            return true;
        }

        foreach ((ushort min, ushort max) in ranges)
        {
            if (peer.Port >= min && peer.Port <= max)
            {
                return true;
            }
        }

        return false;
    }

    private static RelayAddress[] Mapped(IReadOnlyList<RelayAddress> addresses)
    {
        var mapped = new List<RelayAddress>();
        foreach (RelayAddress address in addresses)
        {
            if (!address.Local.SameAddress(address.Public))
            {
                mapped.Add(address);
            }
        }

        return [.. mapped];
    }
}
