namespace Turnpike.Protocol.Attributes;

/// <summary>PADDING (RFC 5780 §7.6): makes a message so long that IP fragments it.</summary>
public static class Padding
{
    /// <summary>Reads the length in bytes; the content has no meaning.</summary>
    public static AttributeResult Read(in StunMessage message, out int length)
    {
        bool found = message.TryGet(StunAttributeType.Padding, out ReadOnlySpan<byte> value);
        length = value.Length;
        return found ? AttributeResult.Ok : AttributeResult.Absent;
    }

    /// <summary>Appends <paramref name="length"/> zero bytes.</summary>
    public static void Write(ref StunMessageWriter writer, int length) => writer.Reserve(StunAttributeType.Padding, length);
}
