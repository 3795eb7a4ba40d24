using System.Buffers.Binary;

namespace Turnpike.Protocol.Attributes;

/// <summary>RESPONSE-PORT (RFC 5780 §7.5): the port that the client wants the answer sent to.</summary>
public static class ResponsePort
{
    private const int Length = sizeof(ushort);

    // The RFC's "followed by 2 bytes of padding" is taken by some clients as part of the value.
    private const int LengthWithPadding = 4;

    /// <summary>Reads the port. Malformed: neither 2 nor 4 bytes.</summary>
    public static AttributeResult Read(in StunMessage message, out ushort port)
    {
        port = 0;
        if (!message.TryGet(StunAttributeType.ResponsePort, out ReadOnlySpan<byte> value))
        {
            return AttributeResult.Absent;
        }

        if (value.Length is not (Length or LengthWithPadding))
        {
            return AttributeResult.Malformed;
        }

        port = BinaryPrimitives.ReadUInt16BigEndian(value);
        return AttributeResult.Ok;
    }

    /// <summary>Appends the attribute.</summary>
    public static void Write(ref StunMessageWriter writer, ushort port)
    {
        Span<byte> value = stackalloc byte[Length];
        BinaryPrimitives.WriteUInt16BigEndian(value, port);
        writer.Append(StunAttributeType.ResponsePort, value);
    }
}
