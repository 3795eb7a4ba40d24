namespace Turnpike.Protocol;

/// <summary>
/// The STUN attributes of RFC 8489, 8656, 6062, 8016, 5780 and 7635. Types below 0x8000 are comprehension-required,
/// the others comprehension-optional (RFC 8489 §14).
/// </summary>
public enum StunAttributeType : ushort
{
    /// <summary>Reserved; never sent.</summary>
    None = 0x0000,

    /// <summary>MAPPED-ADDRESS, RFC 8489 §14.1.</summary>
    MappedAddress = 0x0001,

    /// <summary>CHANGE-REQUEST, RFC 5780 §7.2.</summary>
    ChangeRequest = 0x0003,

    /// <summary>USERNAME, RFC 8489 §14.3.</summary>
    Username = 0x0006,

    /// <summary>MESSAGE-INTEGRITY, RFC 8489 §14.5.</summary>
    MessageIntegrity = 0x0008,

    /// <summary>ERROR-CODE, RFC 8489 §14.8.</summary>
    ErrorCode = 0x0009,

    /// <summary>UNKNOWN-ATTRIBUTES, RFC 8489 §14.13.</summary>
    UnknownAttributes = 0x000A,

    /// <summary>CHANNEL-NUMBER, RFC 8656 §18.1.</summary>
    ChannelNumber = 0x000C,

    /// <summary>LIFETIME, RFC 8656 §18.2.</summary>
    Lifetime = 0x000D,

    /// <summary>XOR-PEER-ADDRESS, RFC 8656 §18.3.</summary>
    XorPeerAddress = 0x0012,

    /// <summary>DATA, RFC 8656 §18.4.</summary>
    Data = 0x0013,

    /// <summary>REALM, RFC 8489 §14.9.</summary>
    Realm = 0x0014,

    /// <summary>NONCE, RFC 8489 §14.10.</summary>
    Nonce = 0x0015,

    /// <summary>XOR-RELAYED-ADDRESS, RFC 8656 §18.5.</summary>
    XorRelayedAddress = 0x0016,

    /// <summary>REQUESTED-ADDRESS-FAMILY, RFC 8656 §18.6.</summary>
    RequestedAddressFamily = 0x0017,

    /// <summary>EVEN-PORT, RFC 8656 §18.7.</summary>
    EvenPort = 0x0018,

    /// <summary>REQUESTED-TRANSPORT, RFC 8656 §18.8.</summary>
    RequestedTransport = 0x0019,

    /// <summary>DONT-FRAGMENT, RFC 8656 §18.9.</summary>
    DontFragment = 0x001A,

    /// <summary>ACCESS-TOKEN, RFC 7635 §6.2.</summary>
    AccessToken = 0x001B,

    /// <summary>MESSAGE-INTEGRITY-SHA256, RFC 8489 §14.6.</summary>
    MessageIntegritySha256 = 0x001C,

    /// <summary>PASSWORD-ALGORITHM, RFC 8489 §14.12.</summary>
    PasswordAlgorithm = 0x001D,

    /// <summary>USERHASH, RFC 8489 §14.4.</summary>
    UserHash = 0x001E,

    /// <summary>XOR-MAPPED-ADDRESS, RFC 8489 §14.2.</summary>
    XorMappedAddress = 0x0020,

    /// <summary>RESERVATION-TOKEN, RFC 8656 §18.10.</summary>
    ReservationToken = 0x0022,

    /// <summary>PADDING, RFC 5780 §7.6.</summary>
    Padding = 0x0026,

    /// <summary>RESPONSE-PORT, RFC 5780 §7.5.</summary>
    ResponsePort = 0x0027,

    /// <summary>CONNECTION-ID, RFC 6062 §6.2.1.</summary>
    ConnectionId = 0x002A,

    /// <summary>ADDITIONAL-ADDRESS-FAMILY, RFC 8656 §18.11.</summary>
    AdditionalAddressFamily = 0x8000,

    /// <summary>ADDRESS-ERROR-CODE, RFC 8656 §18.12.</summary>
    AddressErrorCode = 0x8001,

    /// <summary>PASSWORD-ALGORITHMS, RFC 8489 §14.11.</summary>
    PasswordAlgorithms = 0x8002,

    /// <summary>ALTERNATE-DOMAIN, RFC 8489 §14.16.</summary>
    AlternateDomain = 0x8003,

    /// <summary>ICMP, RFC 8656 §18.13.</summary>
    Icmp = 0x8004,

    /// <summary>SOFTWARE, RFC 8489 §14.14.</summary>
    Software = 0x8022,

    /// <summary>ALTERNATE-SERVER, RFC 8489 §14.15.</summary>
    AlternateServer = 0x8023,

    /// <summary>CACHE-TIMEOUT, RFC 5780 §9.1: registered, with no use defined.</summary>
    CacheTimeout = 0x8027,

    /// <summary>FINGERPRINT, RFC 8489 §14.7.</summary>
    Fingerprint = 0x8028,

    /// <summary>RESPONSE-ORIGIN, RFC 5780 §7.3.</summary>
    ResponseOrigin = 0x802B,

    /// <summary>OTHER-ADDRESS, RFC 5780 §7.4.</summary>
    OtherAddress = 0x802C,

    /// <summary>THIRD-PARTY-AUTHORIZATION, RFC 7635 §6.1.</summary>
    ThirdPartyAuthorization = 0x802E,

    /// <summary>MOBILITY-TICKET, RFC 8016 §5.</summary>
    MobilityTicket = 0x8030,
}

/// <summary>What an attribute type says about itself.</summary>
public static class StunAttributeTypeExtensions
{
    /// <summary>Whether a receiver that does not know the attribute must refuse the message (RFC 8489 §14: 0x0000–0x7FFF).</summary>
    public static bool IsComprehensionRequired(this StunAttributeType type) => (ushort)type < 0x8000;
}
