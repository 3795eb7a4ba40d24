namespace Turnpike.Protocol.Attributes;

/// <summary>DATA (RFC 8656 §18.4): the application data of a Send or Data indication; may be empty.</summary>
public static class Data
{
    /// <summary>Reads the value in place. Every length is well-formed.</summary>
    public static AttributeResult Read(scoped in StunMessage message, out ReadOnlySpan<byte> value)
        => BytesValue.Read(in message, StunAttributeType.Data, minLength: 0, maxLength: ushort.MaxValue, out value);

    /// <summary>
    /// Appends the attribute. The data may already lie at its place in the writer's buffer: see
    /// <see cref="StunMessageWriter.Append"/>.
    /// </summary>
    public static void Write(ref StunMessageWriter writer, scoped ReadOnlySpan<byte> value)
        => writer.Append(StunAttributeType.Data, value);
}
