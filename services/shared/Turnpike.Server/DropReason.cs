namespace Turnpike.Server;

/// <summary>
/// Why a datagram went no further. One list for the code, the tests and the label of <c>turnpike_edge_drops_total</c>:
/// a drop without a name does not exist.
/// </summary>
public enum DropReason : byte
{
    /// <summary>Not a drop.</summary>
    None,

    /// <summary>The first byte belongs to no protocol served here (RFC 7983), or the datagram is empty.</summary>
    UnknownProtocol,

    /// <summary>The first byte says DTLS and this listener speaks none.</summary>
    DtlsNotServed,

    /// <summary>The first byte does not say DTLS and this listener speaks nothing else.</summary>
    NotDtls,

    /// <summary>A DTLS record that is longer than the rest of its datagram, or of a version that is none (RFC 6347 section 4.1).</summary>
    MalformedDtlsRecord,

    /// <summary>A DTLS ClientHello that does not parse, or that is spread over several records (RFC 6347 section 4.2.1).</summary>
    MalformedClientHello,

    /// <summary>A DTLS ClientHello, with a good cookie, of a session that exists already.</summary>
    RepeatedClientHello,

    /// <summary>A DTLS record from, or an answer to, a client that has neither session nor handshake.</summary>
    NoDtlsSession,

    /// <summary>A DTLS record that is not authentic, repeated, or of another epoch (RFC 6347 section 4.1.2.7).</summary>
    RefusedDtlsRecord,

    /// <summary>A DTLS ClientHello while the limit on handshakes or sessions, or its source's share of them, is used up.</summary>
    DtlsHandshakeLimit,

    /// <summary>A datagram for a DTLS handshake that has too many to look at.</summary>
    DtlsHandshakeQueueFull,

    /// <summary>A message to a DTLS client that does not fit into one datagram: records are never split.</summary>
    TooBigForDtls,

    /// <summary>Shorter than a STUN header, or a length field that disagrees with the datagram (RFC 8489 section 6.3).</summary>
    MalformedStun,

    /// <summary>No magic cookie: an RFC 3489 client.</summary>
    NoMagicCookie,

    /// <summary>An attribute that runs past the end of its message.</summary>
    MalformedAttribute,

    /// <summary>FINGERPRINT is there and wrong (RFC 8489 section 14.7).</summary>
    BadFingerprint,

    /// <summary>A STUN method that this server does not know (RFC 8489 section 6.3).</summary>
    UnknownMethod,

    /// <summary>A success or error response: servers send none of their own requests.</summary>
    UnexpectedResponse,

    /// <summary>An indication that a client has no reason to send, or a Binding indication (a keep-alive).</summary>
    IgnoredIndication,

    /// <summary>An indication with a comprehension-required attribute that is not known (RFC 8489 section 6.3.2).</summary>
    UnknownAttributeInIndication,

    /// <summary>An answer to an unauthenticated sender was withheld: its source address has had its share.</summary>
    UnauthenticatedRateLimited,

    /// <summary>ChannelData or a Send indication from a 5-tuple without an allocation.</summary>
    NoAllocation,

    /// <summary>ChannelData whose length field exceeds the datagram (RFC 8656 section 12.6).</summary>
    MalformedChannelData,

    /// <summary>ChannelData on a number that is not bound (RFC 8656 section 12.6).</summary>
    ChannelNotBound,

    /// <summary>A Send indication without XOR-PEER-ADDRESS or DATA, or with one that does not parse (RFC 8656 section 11.2).</summary>
    MalformedSend,

    /// <summary>No permission for this peer, in either direction (RFC 8656 sections 11.2 and 11.3).</summary>
    NoPermission,

    /// <summary>The peer policy forbids this peer address.</summary>
    ForbiddenPeer,

    /// <summary>The allocation has no relayed transport address of the peer's family.</summary>
    PeerFamilyMismatch,

    /// <summary>The allocation is over its packets per second.</summary>
    PacketRateExceeded,

    /// <summary>The allocation is over its bits per second.</summary>
    BitRateExceeded,

    /// <summary>A datagram for a relayed transport address whose allocation is gone.</summary>
    RelayWithoutAllocation,

    /// <summary>A peer's datagram that does not fit into a message to the client.</summary>
    TooBigForClient,

    /// <summary>An ICMP error of a type that is not passed on (RFC 8656 section 11.5).</summary>
    IgnoredIcmp,

    /// <summary>A Send indication for an allocation that relays TCP, over which no datagram can go (RFC 6062).</summary>
    SendOverTcpAllocation,

    /// <summary>A peer's TCP connection beyond what the allocation may have at once; it is closed.</summary>
    PeerConnectionLimitReached,

    /// <summary>The outcome of a Connect that was given up meanwhile: its time was over, or its allocation ended.</summary>
    PeerConnectionGone,

    /// <summary>A datagram of a client that has moved (RFC 8016), for a shard with too many of those waiting.</summary>
    MovedClientQueueFull,

    /// <summary>A retransmission of a request that waits for an answer.</summary>
    AlreadyParked,

    /// <summary>The answer to a parked request came after its time.</summary>
    ParkedRequestGone,
}
