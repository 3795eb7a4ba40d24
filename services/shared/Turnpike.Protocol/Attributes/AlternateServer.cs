namespace Turnpike.Protocol.Attributes;

/// <summary>ALTERNATE-SERVER (RFC 8489 §14.15): where a client told 300 (Try Alternate) goes.</summary>
public static class AlternateServer
{
    /// <summary>Reads the address. Malformed: the family is neither IPv4 nor IPv6, or the length is not that of the family.</summary>
    public static AttributeResult Read(in StunMessage message, out TransportAddress value)
        => AddressValue.Read(in message, StunAttributeType.AlternateServer, xor: false, out value);

    /// <summary>Appends the attribute.</summary>
    /// <exception cref="ArgumentException">The address is the default value, without a family.</exception>
    public static void Write(ref StunMessageWriter writer, TransportAddress value)
        => AddressValue.Write(ref writer, StunAttributeType.AlternateServer, xor: false, in value);
}
