using System.Buffers.Binary;

namespace Turnpike.Protocol.Attributes;

/// <summary>
/// ICMP (RFC 8656 §18.13): an ICMP error that came back for a datagram to the peer; 16 bits reserved, 7 bits of type, 9 bits of code
/// and 32 bits of error data.
/// </summary>
public static class Icmp
{
    private const int Length = 8;
    private const int CodeBits = 9;
    private const int CodeMask = (1 << CodeBits) - 1;
    private const int TypeMask = 0x7F;

    /// <summary>
    /// Reads ICMP type, ICMP code and error data, which is the next-hop MTU for "fragmentation needed" and "packet too big", else 0.
    /// Malformed: not 8 bytes.
    /// </summary>
    public static AttributeResult Read(in StunMessage message, out byte type, out ushort code, out uint data)
    {
        type = 0;
        code = 0;
        data = 0;
        AttributeResult result = BytesValue.Read(in message, StunAttributeType.Icmp, Length, Length, out ReadOnlySpan<byte> value);
        if (result == AttributeResult.Ok)
        {
            int word = BinaryPrimitives.ReadUInt16BigEndian(value[2..]);
            type = (byte)(word >> CodeBits);
            code = (ushort)(word & CodeMask);
            data = BinaryPrimitives.ReadUInt32BigEndian(value[4..]);
        }

        return result;
    }

    /// <summary>
    /// Appends the attribute. Of <paramref name="type"/> go 7 bits onto the wire, of <paramref name="code"/> 9; the ICMPv6 errors
    /// (types 1–4) and the ICMPv4 ones (3, 11, 12) fit.
    /// </summary>
    public static void Write(ref StunMessageWriter writer, byte type, ushort code, uint data)
    {
        Span<byte> value = stackalloc byte[Length];
        BinaryPrimitives.WriteUInt16BigEndian(value[2..], (ushort)(((type & TypeMask) << CodeBits) | (code & CodeMask)));
        BinaryPrimitives.WriteUInt32BigEndian(value[4..], data);
        value[..2].Clear();
        writer.Append(StunAttributeType.Icmp, value);
    }
}
