using System.ComponentModel.DataAnnotations;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>Section <c>Edge:Protocol</c>: switches of the wire protocol.</summary>
public sealed class ProtocolOptions : ISettingsSection
{
    /// <summary>Default false: RFC 8656 §12 ends the channel numbers at 0x4FFF and RFC 7983 gives the bytes above to other protocols.</summary>
    [Setting("Accepts the channel numbers 0x5000 to 0x7FFF of RFC 5766 clients")]
    public bool Rfc5766ChannelNumbers { get; init; }

    /// <summary>
    /// Default false: WebRTC does without it. RFC 6062 opens TCP ports and TCP connections in a client's name; each relayed
    /// connection takes three sockets, counting the client's, and is copied by the process.
    /// </summary>
    [Setting("Relays TCP (RFC 6062) to clients over TCP and TLS; opens TCP ports of the relay range and connects to peers")]
    public bool TcpRelay { get; init; }

    /// <summary>
    /// Default false: WebRTC does without it. A ticket lets its owner take an allocation to another address, and one whose TCP
    /// connection closed keeps its port until its lifetime is over; a client that lands in another shard than its allocation costs
    /// a copy and a wake-up for each datagram that it sends.
    /// </summary>
    [Setting("Lets a client keep its allocation when its address changes (RFC 8016); without it a ticket is answered with 405")]
    public bool Mobility { get; init; }

    /// <summary>
    /// Default false: it takes a second IP address, and answers anybody, at a port of the asker's own address that the asker names
    /// (within <c>Edge:Quota:UnauthenticatedResponsesPerSecond</c>) and with some three times the bytes of the request.
    /// </summary>
    [Setting("Serves NAT behaviour discovery (RFC 5780) over UDP; needs Edge:NatDiscovery:AlternateAddress")]
    public bool NatDiscovery { get; init; }

    /// <summary>Default "Turnpike": the product without a version, which would help only attackers. RFC 8489 §14.14 allows 127 characters.</summary>
    [Setting("SOFTWARE attribute of authenticated responses; empty sends none", Allowed = "0 to 127 printable characters")]
    [StringLength(127)]
    public string Software { get; init; } = "Turnpike";
}
