using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>How a client reaches the server: the protocol of the 5-tuple (RFC 8656 section 3.1).</summary>
public enum ClientTransport : byte
{
    /// <summary>STUN over UDP.</summary>
    Udp,

    /// <summary>STUN over TCP.</summary>
    Tcp,

    /// <summary>STUN over TLS over TCP.</summary>
    Tls,

    /// <summary>STUN over DTLS over UDP (RFC 7350).</summary>
    Dtls,
}

/// <summary>
/// The 5-tuple that names an allocation (RFC 8656 section 3.1): client address and port, server address and port, and the
/// protocol between them.
/// </summary>
/// <param name="client">Where the client's datagrams come from (its server-reflexive address).</param>
/// <param name="server">The local address and port that they arrive on.</param>
/// <param name="transport">The protocol between the two.</param>
/// <param name="path">
/// The caller's own index of the socket or connection that leads back to the client. Carried along, never compared.
/// </param>
public readonly struct FiveTuple(in TransportAddress client, in TransportAddress server, ClientTransport transport, int path = 0)
    : IEquatable<FiveTuple>
{
    /// <summary>The client's address and port as the server sees them.</summary>
    public TransportAddress Client { get; } = client;

    /// <summary>The server's local address and port.</summary>
    public TransportAddress Server { get; } = server;

    /// <summary>The protocol between client and server.</summary>
    public ClientTransport Transport { get; } = transport;

    /// <summary>The caller's index of the way back to the client; not part of the identity.</summary>
    public int Path { get; } = path;

    /// <summary>Whether client and server share a connection, in whose stream messages have to be told apart.</summary>
    public bool IsStream => Transport is ClientTransport.Tcp or ClientTransport.Tls;

    /// <summary>True when both name the same client, server and protocol.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(in FiveTuple left, in FiveTuple right) => left.Matches(right);

    /// <summary>True when the two differ.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(in FiveTuple left, in FiveTuple right) => !left.Matches(right);

    /// <inheritdoc cref="Equals(FiveTuple)"/>
    public bool Matches(in FiveTuple other) =>
        Client.Equals(other.Client) && Server.Equals(other.Server) && Transport == other.Transport;

    /// <inheritdoc/>
    public bool Equals(FiveTuple other) => Matches(other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is FiveTuple other && Matches(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Client, Server, Transport);

    /// <inheritdoc/>
    public override string ToString() => $"{Client} -> {Server} ({Transport})";
}
