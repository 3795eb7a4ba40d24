using System.ComponentModel.DataAnnotations;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>Section <c>Edge:Relay</c>: the relayed transport addresses.</summary>
public sealed class RelayOptions : ISettingsSection
{
    /// <summary>Default empty: relayed addresses live where the listeners do. A wildcard listener stands for the interface addresses.</summary>
    [Setting("Addresses to bind relayed transport addresses on", Default = "every listener address",
        Allowed = "an IPv4 or IPv6 address of this host, no wildcard")]
    public string[] Addresses { get; init; } = [];

    /// <summary>Default empty: without a NAT in between clients are told the bound address.</summary>
    [Setting("What clients are told instead of Edge:Relay:Addresses, position by position",
        Default = "of the Node's annotation, its ExternalIP, a STUN server, else Edge:Relay:Addresses", Allowed = "as many addresses as Edge:Relay:Addresses has, of the same families")]
    public string[] PublicAddresses { get; init; } = [];

    /// <summary>Default none: nobody outside is asked unless the operator names him.</summary>
    [Setting("STUN servers that are asked which address an edge has outside, where neither the settings nor the Node say so", Allowed = "HOST:PORT or [IPV6]:PORT")]
    public string[] StunServers { get; init; } = [];

    /// <summary>Default false: what clients outside cannot reach is the commonest mistake, and it shows only when calls fail.</summary>
    [Setting("Is ready also where the only relay addresses that clients could be told are private ones; loopback alone always may")]
    public bool AllowPrivate { get; init; }

    /// <summary>Default 49152: the start of the dynamic ports (RFC 6335 §6), which RFC 8656 §7.2 recommends.</summary>
    [Setting("First port of relayed transport addresses")]
    [Range(1, 65535)]
    public int MinPort { get; init; } = 49152;

    /// <summary>Default 65535: the end of the dynamic ports (RFC 6335 §6).</summary>
    [Setting("Last port of relayed transport addresses")]
    [Range(1, 65535)]
    public int MaxPort { get; init; } = 65535;

    /// <summary>Default true: RFC 8656 §14 prefers that DSCP and ECN survive the relay.</summary>
    [Setting("Copies DSCP and ECN between the two sides of the relay")]
    public bool PreserveTrafficClass { get; init; } = true;
}
