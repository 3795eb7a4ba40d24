using System.Net;
using Turnpike.Protocol;

namespace Turnpike.Edge.Transport;

/// <summary>An address that relayed transport addresses are opened on, with its ports.</summary>
/// <param name="Local">What sockets bind; its port is 0.</param>
/// <param name="Public">What clients are told; its port is 0.</param>
/// <param name="Ports">The UDP ports in use, shared by all shards.</param>
internal sealed record RelayInterface(TransportAddress Local, TransportAddress Public, RelayPorts Ports)
{
    private volatile Told _told = new(Public);

    /// <summary>What clients are told; its port is 0. It may be found out while the relay runs.</summary>
    public TransportAddress Public => _told.Address;

    /// <summary>The settings say what clients are told.</summary>
    public bool IsNamed { get; init; }

    /// <summary>The TCP ports in use; null where TCP is not relayed.</summary>
    public RelayPorts? TcpPorts { get; init; }

    /// <summary>Why nobody outside could be reached at what clients are told; null where somebody can, or the machine is alone.</summary>
    /// <remarks>What the settings name is what the operator means. Loopback alone is a machine that serves itself.</remarks>
    public static string? WhyPrivate(IReadOnlyList<RelayInterface> interfaces)
    {
        List<IPAddress> addresses = [];
        foreach (RelayInterface on in interfaces)
        {
            if (on.IsNamed || !SpecialPurposeAddresses.Contains(on.Public))
            {
                return null;
            }

            addresses.Add(on.Public.ToIPEndPoint().Address);
        }

        return addresses.All(IPAddress.IsLoopback)
            ? null
            : $"all relay addresses that clients could be told are private ones ({string.Join(", ", addresses)}): name public ones with "
                + "Edge:Relay:PublicAddresses or ?public=, let the Node or a STUN server tell them, or set Edge:Relay:AllowPrivate";
    }

    /// <summary>From now on clients are told this address.</summary>
    public void Tell(in TransportAddress address) => _told = new Told(address.WithPort(0));

    /// <summary>The address that a request came in on where it relays, else the first of the family; null where there is none.</summary>
    public static RelayInterface? Choose(IReadOnlyList<RelayInterface> interfaces, AddressFamily family, in TransportAddress server)
    {
        RelayInterface? first = null;
        foreach (RelayInterface candidate in interfaces)
        {
            if (candidate.Local.SameAddress(server) && candidate.Local.Family == family)
            {
                return candidate;
            }

            first ??= candidate.Local.Family == family ? candidate : null;
        }

        return first;
    }

    private sealed record Told(TransportAddress Address);
}
