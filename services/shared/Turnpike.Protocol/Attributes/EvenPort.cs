namespace Turnpike.Protocol.Attributes;

/// <summary>EVEN-PORT (RFC 8656 §18.7): the relayed port has to be even; with the R bit the next one is reserved, too.</summary>
public static class EvenPort
{
    private const byte ReserveBit = 0x80;

    /// <summary>Reads the R bit; the other seven are ignored. Malformed: not 1 byte.</summary>
    public static AttributeResult Read(in StunMessage message, out bool reserveNext)
    {
        AttributeResult result = BytesValue.Read(in message, StunAttributeType.EvenPort, 1, 1, out ReadOnlySpan<byte> value);
        reserveNext = result == AttributeResult.Ok && (value[0] & ReserveBit) != 0;
        return result;
    }

    /// <summary>Appends the attribute.</summary>
    public static void Write(ref StunMessageWriter writer, bool reserveNext)
        => writer.Append(StunAttributeType.EvenPort, [reserveNext ? ReserveBit : (byte)0]);
}
