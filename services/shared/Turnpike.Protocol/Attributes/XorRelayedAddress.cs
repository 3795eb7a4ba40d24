namespace Turnpike.Protocol.Attributes;

/// <summary>XOR-RELAYED-ADDRESS (RFC 8656 §18.5): the relayed transport address of an allocation.</summary>
public static class XorRelayedAddress
{
    /// <summary>Reads the address. Malformed: the family is neither IPv4 nor IPv6, or the length is not that of the family.</summary>
    public static AttributeResult Read(in StunMessage message, out TransportAddress value)
        => AddressValue.Read(in message, StunAttributeType.XorRelayedAddress, xor: true, out value);

    /// <summary>Appends the attribute.</summary>
    /// <exception cref="ArgumentException">The address is the default value, without a family.</exception>
    public static void Write(ref StunMessageWriter writer, TransportAddress value)
        => AddressValue.Write(ref writer, StunAttributeType.XorRelayedAddress, xor: true, in value);
}
