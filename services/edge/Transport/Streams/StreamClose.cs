namespace Turnpike.Edge.Transport.Streams;

/// <summary>
/// Why a client's connection came to its end. One list for the code, the tests and the label of
/// <c>turnpike_edge_stream_connections_closed_total</c>.
/// </summary>
internal enum StreamClose
{
    /// <summary>It is open.</summary>
    None,

    /// <summary>The client closed it, or the network lost it.</summary>
    Client,

    /// <summary>Beyond Edge:Streams:Connections.</summary>
    TooMany,

    /// <summary>Beyond Edge:Streams:ConnectionsPerSource.</summary>
    TooManyFromSource,

    /// <summary>A PROXY header was due and did not come, or it is malformed.</summary>
    ProxyMalformed,

    /// <summary>The TLS handshake failed: an old version, ALPN without stun.turn, or no TLS at all.</summary>
    TlsFailed,

    /// <summary>PROXY header and TLS handshake took longer than Edge:Streams:HandshakeTimeout.</summary>
    HandshakeTimeout,

    /// <summary>No complete message in Edge:Streams:FirstFrameTimeout.</summary>
    FirstFrameTimeout,

    /// <summary>No allocation, and no complete message in Edge:Streams:IdleWithoutAllocation.</summary>
    Idle,

    /// <summary>A message took longer than Edge:Streams:FrameTimeout.</summary>
    FrameTimeout,

    /// <summary>Bytes that are neither STUN nor ChannelData.</summary>
    InvalidFrame,

    /// <summary>A message longer than a connection without an allocation has a use for.</summary>
    FrameTooLong,

    /// <summary>Edge:Streams:UnauthenticatedErrors error responses in a row.</summary>
    UnauthenticatedErrors,

    /// <summary>Another connection came from the same address and port, which a proxy can bring about.</summary>
    Superseded,

    /// <summary>It had become one half of a relayed TCP connection (RFC 6062), which has ended.</summary>
    Relayed,

    /// <summary>The edge stops.</summary>
    Stopped,
}
