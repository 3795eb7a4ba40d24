using Turnpike.Protocol;

namespace Turnpike.Edge.Transport;

/// <summary>An address that relayed transport addresses are opened on, with its ports.</summary>
/// <param name="Local">What sockets bind; its port is 0.</param>
/// <param name="Public">What clients are told; its port is 0.</param>
/// <param name="Ports">The ports in use, shared by all shards.</param>
internal sealed record RelayInterface(TransportAddress Local, TransportAddress Public, RelayPorts Ports);
