using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>
/// The TCP connections of TURN-TCP (RFC 6062): listening relayed transport addresses, connections to peers, and the joining of
/// one of these with a client's data connection. One a shard; called on that shard's thread only, and never blocks.
/// </summary>
public interface IPeerConnections
{
    /// <summary>Whether TCP is relayed at all; where it is not, an Allocate that asks for it is answered with 442.</summary>
    bool RelaysTcp { get; }

    /// <summary>Opens a listening TCP socket on an unpredictable free port, as a relayed transport address.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <param name="server">The address that the request came in on, which is preferred where it relays.</param>
    /// <param name="relay">The listening address.</param>
    RelayOpening TryListen(AddressFamily family, in TransportAddress server, out Relay? relay);

    /// <summary>
    /// Begins a connection from a relayed transport address to a peer. How it ends is told to
    /// <see cref="TurnServer.OnConnectCompleted"/>, in a later call.
    /// </summary>
    /// <param name="relay">Where the connection comes from.</param>
    /// <param name="peer">Where it goes.</param>
    /// <param name="connectionId">Names it.</param>
    void Connect(Relay relay, in TransportAddress peer, uint connectionId);

    /// <summary>
    /// Joins a peer's connection and a client's data connection: from now on bytes pass as they are, those first that the peer
    /// sent before. Called just before the success of ConnectionBind is given to the caller, which sends it ahead of them.
    /// </summary>
    /// <param name="connectionId">Names the peer's connection.</param>
    /// <param name="dataConnection">The connection that the ConnectionBind came over.</param>
    void Bind(uint connectionId, in FiveTuple dataConnection);

    /// <summary>
    /// Closes a peer's connection, whatever its state, and the data connection that it is joined with. No
    /// <see cref="TurnServer.OnPeerConnectionClosed"/> has to follow.
    /// </summary>
    /// <param name="connectionId">Names it.</param>
    void Close(uint connectionId);

    /// <summary>Stops listening, and gives the port back. Its connections were closed before.</summary>
    /// <param name="relay">An address opened here.</param>
    void Close(Relay relay);
}
