namespace Turnpike.Protocol.Attributes;

/// <summary>
/// MAPPED-ADDRESS (RFC 8489 §14.1): the server-reflexive address in the clear, for clients that know no XOR-MAPPED-ADDRESS.
/// </summary>
public static class MappedAddress
{
    /// <summary>Reads the address. Malformed: the family is neither IPv4 nor IPv6, or the length is not that of the family.</summary>
    public static AttributeResult Read(in StunMessage message, out TransportAddress value)
        => AddressValue.Read(in message, StunAttributeType.MappedAddress, xor: false, out value);

    /// <summary>Appends the attribute.</summary>
    /// <exception cref="ArgumentException">The address is the default value, without a family.</exception>
    public static void Write(ref StunMessageWriter writer, TransportAddress value)
        => AddressValue.Write(ref writer, StunAttributeType.MappedAddress, xor: false, in value);
}
