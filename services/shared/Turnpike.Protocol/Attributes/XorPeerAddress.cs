namespace Turnpike.Protocol.Attributes;

/// <summary>
/// XOR-PEER-ADDRESS (RFC 8656 §18.3): a peer's transport address as the server sees it. CreatePermission carries one or many.
/// </summary>
public static class XorPeerAddress
{
    /// <summary>Reads the first one. Malformed: the family is neither IPv4 nor IPv6, or the length is not that of the family.</summary>
    public static AttributeResult Read(in StunMessage message, out TransportAddress value)
        => AddressValue.Read(in message, StunAttributeType.XorPeerAddress, xor: true, out value);

    /// <summary>
    /// Reads one after the other: <paramref name="offset"/> is 0 for the first and moves on with every call, past malformed ones too.
    /// Absent when there are no more.
    /// </summary>
    public static AttributeResult ReadNext(in StunMessage message, ref int offset, out TransportAddress value)
    {
        // Nothing that narrows the effective attributes lies between two effective XOR-PEER-ADDRESSes, so an offset is all the state.
        var attributes = new AttributeEnumerator(message.Bytes, Math.Max(offset, StunMessage.HeaderLength));
        while (attributes.MoveNext())
        {
            StunAttribute attribute = attributes.Current;
            if (attribute.Type == StunAttributeType.XorPeerAddress)
            {
                offset = attribute.Offset + StunMessage.AttributeHeaderLength + StunMessage.Padded(attribute.Value.Length);
                return AddressValue.Parse(attribute.Value, xor: true, message.TransactionId, out value);
            }
        }

        offset = message.Bytes.Length;
        value = default;
        return AttributeResult.Absent;
    }

    /// <summary>Appends the attribute.</summary>
    /// <exception cref="ArgumentException">The address is the default value, without a family.</exception>
    public static void Write(ref StunMessageWriter writer, TransportAddress value)
        => AddressValue.Write(ref writer, StunAttributeType.XorPeerAddress, xor: true, in value);
}
