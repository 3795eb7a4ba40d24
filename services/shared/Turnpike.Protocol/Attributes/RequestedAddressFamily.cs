namespace Turnpike.Protocol.Attributes;

/// <summary>REQUESTED-ADDRESS-FAMILY (RFC 8656 §18.6): the family of the relayed transport address asked for.</summary>
public static class RequestedAddressFamily
{
    /// <summary>
    /// Reads the family byte, whatever its value: an unknown family is answered with 440, not with 400. Malformed: not 4 bytes.
    /// </summary>
    public static AttributeResult Read(in StunMessage message, out AddressFamily family)
    {
        AttributeResult result = NumberValue.Read(in message, StunAttributeType.RequestedAddressFamily, out uint word);
        family = (AddressFamily)(word >> 24);
        return result;
    }

    /// <summary>Appends the attribute.</summary>
    public static void Write(ref StunMessageWriter writer, AddressFamily family)
        => NumberValue.Write(ref writer, StunAttributeType.RequestedAddressFamily, (uint)family << 24);
}
