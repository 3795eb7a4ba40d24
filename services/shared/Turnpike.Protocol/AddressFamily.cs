namespace Turnpike.Protocol;

/// <summary>Address families with their wire values (RFC 8489 §14.1). A value read from the wire may be any byte.</summary>
public enum AddressFamily : byte
{
    /// <summary>No address; not a wire value.</summary>
    None = 0,

    /// <summary>IPv4, 0x01.</summary>
    IPv4 = 1,

    /// <summary>IPv6, 0x02.</summary>
    IPv6 = 2,
}
