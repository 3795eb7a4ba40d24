namespace Turnpike.Protocol.Attributes;

/// <summary>OTHER-ADDRESS (RFC 5780 §7.4): the server's address with both the other IP address and the other port.</summary>
public static class OtherAddress
{
    /// <summary>Reads the address. Malformed: the family is neither IPv4 nor IPv6, or the length is not that of the family.</summary>
    public static AttributeResult Read(in StunMessage message, out TransportAddress value)
        => AddressValue.Read(in message, StunAttributeType.OtherAddress, xor: false, out value);

    /// <summary>Appends the attribute.</summary>
    /// <exception cref="ArgumentException">The address is the default value, without a family.</exception>
    public static void Write(ref StunMessageWriter writer, TransportAddress value)
        => AddressValue.Write(ref writer, StunAttributeType.OtherAddress, xor: false, in value);
}
