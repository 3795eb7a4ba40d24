using System.Buffers.Binary;

namespace Turnpike.Protocol;

/// <summary>FINGERPRINT (RFC 8489 §14.7): the CRC-32 of the message up to the attribute, XORed with "STUN"; the last attribute.</summary>
public static class Fingerprint
{
    /// <summary>4 bytes.</summary>
    public const int Length = 4;

    private const uint Mask = 0x5354554E;

    /// <summary>
    /// Absent; Ok; or Malformed: the value is wrong, or the attribute is not the last one. Malformed is answered with silence.
    /// </summary>
    public static AttributeResult Check(in StunMessage message)
    {
        if (!message.TryFind(StunAttributeType.Fingerprint, out StunAttribute attribute))
        {
            return AttributeResult.Absent;
        }

        // Being last also means that the length field on the wire is the one that the CRC covers.
        bool last = attribute.Offset + StunMessage.AttributeHeaderLength + Length == message.Bytes.Length;
        return attribute.Value.Length == Length && last
            && BinaryPrimitives.ReadUInt32BigEndian(attribute.Value) == Compute(message.Bytes[..attribute.Offset])
            ? AttributeResult.Ok
            : AttributeResult.Malformed;
    }

    /// <summary>Appends FINGERPRINT over everything written so far; nothing may follow it.</summary>
    public static void Write(ref StunMessageWriter writer)
    {
        int offset = writer.Length;
        Span<byte> value = writer.Reserve(StunAttributeType.Fingerprint, Length);
        if (value.Length == Length)
        {
            BinaryPrimitives.WriteUInt32BigEndian(value, Compute(writer.Written[..offset]));
        }
    }

    private static uint Compute(ReadOnlySpan<byte> covered) => Crc32.Compute(covered) ^ Mask;
}
