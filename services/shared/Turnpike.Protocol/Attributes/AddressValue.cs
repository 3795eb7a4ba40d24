using System.Buffers.Binary;

namespace Turnpike.Protocol.Attributes;

/// <summary>
/// The value of all address attributes (RFC 8489 §14.1, §14.2): a zero byte (ignored on receipt), the family, the port, and 4 or
/// 16 bytes of address. The XOR forms mask port and address so that a NAT that rewrites addresses in payloads does not see them.
/// </summary>
internal static class AddressValue
{
    private const int IPv4Length = 8;
    private const int IPv6Length = 20;
    private const int PortOffset = 2;
    private const int AddressOffset = 4;
    private const ushort PortMask = (ushort)(StunMessage.MagicCookie >> 16);

    public static AttributeResult Read(in StunMessage message, StunAttributeType type, bool xor, out TransportAddress value)
    {
        value = default;
        return message.TryGet(type, out ReadOnlySpan<byte> bytes)
            ? Parse(bytes, xor, message.TransactionId, out value)
            : AttributeResult.Absent;
    }

    public static AttributeResult Parse(ReadOnlySpan<byte> bytes, bool xor, in TransactionId id, out TransportAddress value)
    {
        value = default;
        if (bytes.Length == IPv4Length && bytes[1] == (byte)AddressFamily.IPv4)
        {
            uint mask = xor ? StunMessage.MagicCookie : 0;
            value = TransportAddress.IPv4(BinaryPrimitives.ReadUInt32BigEndian(bytes[AddressOffset..]) ^ mask, Port(bytes, xor));
            return AttributeResult.Ok;
        }

        if (bytes.Length == IPv6Length && bytes[1] == (byte)AddressFamily.IPv6)
        {
            value = TransportAddress.IPv6(
                BinaryPrimitives.ReadUInt64BigEndian(bytes[AddressOffset..]) ^ (xor ? id.XorMaskHigh : 0),
                BinaryPrimitives.ReadUInt64BigEndian(bytes[(AddressOffset + 8)..]) ^ (xor ? id.XorMaskLow : 0),
                Port(bytes, xor));
            return AttributeResult.Ok;
        }

        return AttributeResult.Malformed;
    }

    public static void Write(ref StunMessageWriter writer, StunAttributeType type, bool xor, in TransportAddress value)
    {
        if (value.Family is not (AddressFamily.IPv4 or AddressFamily.IPv6))
        {
            throw new ArgumentException("An address to write has a family.", nameof(value));
        }

        bool ipv6 = value.Family == AddressFamily.IPv6;
        int length = ipv6 ? IPv6Length : IPv4Length;
        Span<byte> bytes = writer.Reserve(type, length);
        if (bytes.Length != length)
        {
            return;
        }

        bytes[1] = (byte)value.Family;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[PortOffset..], (ushort)(value.Port ^ (xor ? PortMask : 0)));
        if (!ipv6)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes[AddressOffset..], (uint)value.Low ^ (xor ? StunMessage.MagicCookie : 0));
            return;
        }

        TransactionId id = writer.TransactionId;
        BinaryPrimitives.WriteUInt64BigEndian(bytes[AddressOffset..], value.High ^ (xor ? id.XorMaskHigh : 0));
        BinaryPrimitives.WriteUInt64BigEndian(bytes[(AddressOffset + 8)..], value.Low ^ (xor ? id.XorMaskLow : 0));
    }

    private static ushort Port(ReadOnlySpan<byte> bytes, bool xor)
        => (ushort)(BinaryPrimitives.ReadUInt16BigEndian(bytes[PortOffset..]) ^ (xor ? PortMask : 0));
}
