namespace Turnpike.Protocol.Attributes;

/// <summary>XOR-MAPPED-ADDRESS (RFC 8489 §14.2): the server-reflexive address.</summary>
public static class XorMappedAddress
{
    /// <summary>Reads the address. Malformed: the family is neither IPv4 nor IPv6, or the length is not that of the family.</summary>
    public static AttributeResult Read(in StunMessage message, out TransportAddress value)
        => AddressValue.Read(in message, StunAttributeType.XorMappedAddress, xor: true, out value);

    /// <summary>Appends the attribute.</summary>
    /// <exception cref="ArgumentException">The address is the default value, without a family.</exception>
    public static void Write(ref StunMessageWriter writer, TransportAddress value)
        => AddressValue.Write(ref writer, StunAttributeType.XorMappedAddress, xor: true, in value);
}
