using System.ComponentModel.DataAnnotations;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>Section <c>Edge:NatDiscovery</c>: the second address and port of RFC 5780, for <c>Edge:Protocol:NatDiscovery</c>.</summary>
public sealed class NatDiscoveryOptions : ISettingsSection
{
    /// <summary>Default none: only the operator knows a second address of this host.</summary>
    [Setting("Second IP address of this host, beside that of the first udp:// listener on one address of its family",
        Allowed = "an IPv4 or IPv6 address of this host, no wildcard")]
    public string AlternateAddress { get; init; } = "";

    /// <summary>Default none: without a NAT in between clients are told the bound address.</summary>
    [Setting("What clients are told instead of Edge:NatDiscovery:AlternateAddress", Default = "same as Edge:NatDiscovery:AlternateAddress",
        Allowed = "an address of the same family")]
    public string AlternatePublicAddress { get; init; } = "";

    /// <summary>Default 3479: what RFC 3489 §6 and coturn call the alternate port.</summary>
    [Setting("Second port, opened on both addresses; 0 is the system's choice")]
    [Range(0, 65535)]
    public int AlternatePort { get; init; } = 3479;
}
