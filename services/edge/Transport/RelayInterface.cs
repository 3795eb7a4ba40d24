using Turnpike.Protocol;

namespace Turnpike.Edge.Transport;

/// <summary>An address that relayed transport addresses are opened on, with its ports.</summary>
/// <param name="Local">What sockets bind; its port is 0.</param>
/// <param name="Public">What clients are told; its port is 0.</param>
/// <param name="Ports">The UDP ports in use, shared by all shards.</param>
internal sealed record RelayInterface(TransportAddress Local, TransportAddress Public, RelayPorts Ports)
{
    /// <summary>The TCP ports in use; null where TCP is not relayed.</summary>
    public RelayPorts? TcpPorts { get; init; }

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
}
