using System.Buffers.Binary;

namespace Turnpike.Protocol.Attributes;

/// <summary>
/// Attributes whose value is one 32-bit word, or a number in its upper bits with the rest reserved (zero; ignored on receipt).
/// </summary>
internal static class NumberValue
{
    private const int Length = sizeof(uint);

    public static AttributeResult Read(in StunMessage message, StunAttributeType type, out uint value)
    {
        value = 0;
        if (!message.TryGet(type, out ReadOnlySpan<byte> bytes))
        {
            return AttributeResult.Absent;
        }

        if (bytes.Length != Length)
        {
            return AttributeResult.Malformed;
        }

        value = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        return AttributeResult.Ok;
    }

    public static void Write(ref StunMessageWriter writer, StunAttributeType type, uint value)
    {
        Span<byte> bytes = stackalloc byte[Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        writer.Append(type, bytes);
    }
}
