using System.Net;

namespace Turnpike.Edge.Options;

/// <summary>A listening address.</summary>
/// <param name="Scheme">"udp".</param>
/// <param name="Endpoint">What to bind; port 0 is the system's choice.</param>
/// <param name="Public">The address by which clients reach this listener where it is another one, else null.</param>
public sealed record ListenerEndpoint(string Scheme, IPEndPoint Endpoint, IPAddress? Public);

/// <summary>An address for relayed transport addresses.</summary>
/// <param name="Address">What to bind.</param>
/// <param name="Public">What clients are told; the same where no NAT is in between.</param>
public sealed record RelayAddress(IPAddress Address, IPAddress Public);

/// <summary>The operator's peer rules beside the built-in denials.</summary>
public sealed record PeerRules(IReadOnlyList<IPNetwork> AllowPrivate, IReadOnlyList<IPNetwork> Allow, IReadOnlyList<IPNetwork> Deny);
