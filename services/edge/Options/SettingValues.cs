using System.Net;

namespace Turnpike.Edge.Options;

/// <summary>A listening address.</summary>
/// <param name="Scheme">"udp", "dtls", "tcp", "tls", or "tcp+tls" for both told apart on one port.</param>
/// <param name="Endpoint">What to bind; port 0 is the system's choice.</param>
/// <param name="Public">The address by which clients reach this listener where it is another one, else null.</param>
public sealed record ListenerEndpoint(string Scheme, IPEndPoint Endpoint, IPAddress? Public)
{
    /// <summary>The header that every connection begins with; for streams only.</summary>
    public ProxyProtocol Proxy { get; init; }

    /// <summary>Whether clients connect to it over TCP, with TLS or without.</summary>
    public bool IsStream => Scheme is "tcp" or "tls" or "tcp+tls";

    /// <summary>Whether clients may or must use TLS.</summary>
    public bool HasTls => Scheme is "tls" or "tcp+tls";

    /// <summary>Whether a UDP listener serves DTLS beside plain STUN (RFC 7983).</summary>
    public bool SharesPortWithDtls { get; init; }

    /// <summary>Whether clients may or must use DTLS.</summary>
    public bool HasDtls => Scheme == "dtls" || SharesPortWithDtls;
}

/// <summary>An address for relayed transport addresses.</summary>
/// <param name="Address">What to bind.</param>
/// <param name="Public">What clients are told; the same where no NAT is in between.</param>
public sealed record RelayAddress(IPAddress Address, IPAddress Public);

/// <summary>The operator's peer rules beside the built-in denials.</summary>
public sealed record PeerRules(IReadOnlyList<IPNetwork> AllowPrivate, IReadOnlyList<IPNetwork> Allow, IReadOnlyList<IPNetwork> Deny);

/// <summary>The second address and port of NAT behaviour discovery.</summary>
/// <param name="Listener">The listener that it stands beside.</param>
/// <param name="Alternate">What to bind.</param>
/// <param name="AlternatePublic">What clients are told; the same where no NAT is in between.</param>
/// <param name="AlternatePort">0 is the system's choice.</param>
public sealed record NatDiscoverySettings(ListenerEndpoint Listener, IPAddress Alternate, IPAddress AlternatePublic, int AlternatePort);
