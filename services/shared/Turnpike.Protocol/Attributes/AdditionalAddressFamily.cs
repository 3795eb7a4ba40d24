namespace Turnpike.Protocol.Attributes;

/// <summary>
/// ADDITIONAL-ADDRESS-FAMILY (RFC 8656 §18.11): the family of a second relayed transport address; only IPv6 has a meaning.
/// </summary>
public static class AdditionalAddressFamily
{
    /// <summary>Reads the family byte, whatever its value. Malformed: not 4 bytes.</summary>
    public static AttributeResult Read(in StunMessage message, out AddressFamily family)
    {
        AttributeResult result = NumberValue.Read(in message, StunAttributeType.AdditionalAddressFamily, out uint word);
        family = (AddressFamily)(word >> 24);
        return result;
    }

    /// <summary>Appends the attribute.</summary>
    public static void Write(ref StunMessageWriter writer, AddressFamily family)
        => NumberValue.Write(ref writer, StunAttributeType.AdditionalAddressFamily, (uint)family << 24);
}
