using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>What a peer is denied by; the label of <c>turnpike_edge_peers_denied_total</c>.</summary>
public enum PeerRule : byte
{
    /// <summary>Nothing: it is allowed.</summary>
    None,

    /// <summary>The server itself listens there, or what it depends on does.</summary>
    Self,

    /// <summary>Port 0.</summary>
    NoPort,

    /// <summary>Loopback, and the addresses that mean "this host".</summary>
    Loopback,

    /// <summary>Link local: the metadata services of the clouds.</summary>
    LinkLocal,

    /// <summary>Private use, unique and site local, carrier-grade NAT.</summary>
    Private,

    /// <summary>Multicast.</summary>
    Multicast,

    /// <summary>Any other special purpose: documentation, reserved, and IPv6 forms that carry an IPv4 address.</summary>
    Special,

    /// <summary>A denial of the server's settings.</summary>
    Configured,

    /// <summary>A denial of the realm's own rules.</summary>
    Tenant,
}

/// <summary>Tells the special-purpose ranges apart. Asked of what is denied only.</summary>
internal static class PeerRules
{
    private static readonly (PeerRule Rule, AddressRange[] Ranges)[] Classes =
    [
        (PeerRule.Loopback, Ranges("127.0.0.0/8", "0.0.0.0/8", "::1/128", "::/128")),
        (PeerRule.LinkLocal, Ranges("169.254.0.0/16", "fe80::/10")),
        (PeerRule.Private, Ranges("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fec0::/10")),
        (PeerRule.Multicast, Ranges("224.0.0.0/4", "ff00::/8")),
    ];

    /// <summary>The class of a special-purpose address.</summary>
    public static PeerRule Of(in TransportAddress address)
    {
        foreach ((PeerRule rule, AddressRange[] ranges) in Classes)
        {
            foreach (ref readonly AddressRange range in ranges.AsSpan())
            {
                if (range.Contains(address))
                {
                    return rule;
                }
            }
        }

        return PeerRule.Special;
    }

    private static AddressRange[] Ranges(params string[] ranges) => Array.ConvertAll(ranges, AddressRange.Parse);
}
