using System.Buffers.Binary;

namespace Turnpike.Protocol.Attributes;

/// <summary>RESERVATION-TOKEN (RFC 8656 §18.10): names a relayed transport address that the server keeps for a later Allocate.</summary>
public static class ReservationToken
{
    private const int Length = sizeof(ulong);

    /// <summary>Reads the token as a big-endian number. Malformed: not 8 bytes.</summary>
    public static AttributeResult Read(in StunMessage message, out ulong token)
    {
        AttributeResult result = BytesValue.Read(
            in message, StunAttributeType.ReservationToken, Length, Length, out ReadOnlySpan<byte> value);
        token = result == AttributeResult.Ok ? BinaryPrimitives.ReadUInt64BigEndian(value) : 0;
        return result;
    }

    /// <summary>Appends the attribute.</summary>
    public static void Write(ref StunMessageWriter writer, ulong token)
    {
        Span<byte> value = stackalloc byte[Length];
        BinaryPrimitives.WriteUInt64BigEndian(value, token);
        writer.Append(StunAttributeType.ReservationToken, value);
    }
}
