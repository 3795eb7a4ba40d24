using System.Buffers.Binary;

namespace Turnpike.Protocol.Attributes;

/// <summary>UNKNOWN-ATTRIBUTES (RFC 8489 §14.13): the comprehension-required attributes that a 420 response complains of.</summary>
public static class UnknownAttributes
{
    /// <summary>
    /// Copies as many types as fit to <paramref name="types"/>; <paramref name="count"/> is how many that are. Malformed: an odd
    /// number of bytes.
    /// </summary>
    public static AttributeResult Read(in StunMessage message, Span<ushort> types, out int count)
    {
        count = 0;
        if (!message.TryGet(StunAttributeType.UnknownAttributes, out ReadOnlySpan<byte> value))
        {
            return AttributeResult.Absent;
        }

        if ((value.Length & 1) != 0)
        {
            return AttributeResult.Malformed;
        }

        count = Math.Min(types.Length, value.Length / sizeof(ushort));
        for (int index = 0; index < count; index++)
        {
            types[index] = BinaryPrimitives.ReadUInt16BigEndian(value[(index * sizeof(ushort))..]);
        }

        return AttributeResult.Ok;
    }

    /// <summary>Appends the attribute.</summary>
    public static void Write(ref StunMessageWriter writer, scoped ReadOnlySpan<ushort> types)
    {
        Span<byte> value = writer.Reserve(StunAttributeType.UnknownAttributes, types.Length * sizeof(ushort));
        for (int index = 0; index < value.Length / sizeof(ushort); index++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(value[(index * sizeof(ushort))..], types[index]);
        }
    }
}
