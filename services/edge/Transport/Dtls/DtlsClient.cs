using Turnpike.Protocol;
using Turnpike.Server;
using Turnpike.Sockets;

namespace Turnpike.Edge.Transport.Dtls;

/// <summary>A client's address together with the way back to it.</summary>
internal sealed class DtlsClient
{
    public DtlsClient(Listener listener, in TransportAddress client, in TransportAddress server)
    {
        Listener = listener;
        Address = client;
        Server = server;
        Destination = client.ToSocketEndpoint();
        Source = listener.IsWildcard ? server.ToSocketEndpoint() : default;
    }

    public Listener Listener { get; }

    /// <summary>The client's address and port.</summary>
    public TransportAddress Address { get; }

    /// <summary>The local address and port that it sends to.</summary>
    public TransportAddress Server { get; }

    public SocketEndpoint Destination { get; }

    /// <summary>The local address to send from, where the listener has several.</summary>
    public SocketEndpoint Source { get; }

    /// <summary>The 5-tuple of this client; <paramref name="path"/> is no part of its identity.</summary>
    public FiveTuple FiveTuple(int path = 0) => new(Address, Server, ClientTransport.Dtls, path);
}
