namespace Turnpike.Protocol.Attributes;

/// <summary>RESPONSE-ORIGIN (RFC 5780 §7.3): the address that the response is sent from.</summary>
public static class ResponseOrigin
{
    /// <summary>Reads the address. Malformed: the family is neither IPv4 nor IPv6, or the length is not that of the family.</summary>
    public static AttributeResult Read(in StunMessage message, out TransportAddress value)
        => AddressValue.Read(in message, StunAttributeType.ResponseOrigin, xor: false, out value);

    /// <summary>Appends the attribute.</summary>
    /// <exception cref="ArgumentException">The address is the default value, without a family.</exception>
    public static void Write(ref StunMessageWriter writer, TransportAddress value)
        => AddressValue.Write(ref writer, StunAttributeType.ResponseOrigin, xor: false, in value);
}
