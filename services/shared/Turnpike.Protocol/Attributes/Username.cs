namespace Turnpike.Protocol.Attributes;

/// <summary>USERNAME (RFC 8489 §14.3): the user of the credentials, UTF-8.</summary>
public static class Username
{
    /// <summary>508 bytes: RFC 8489 §14.3 wants fewer than 509.</summary>
    public const int MaxLength = 508;

    /// <summary>Reads the value in place. Malformed: more than 508 bytes.</summary>
    public static AttributeResult Read(scoped in StunMessage message, out ReadOnlySpan<byte> value)
        => BytesValue.Read(in message, StunAttributeType.Username, minLength: 0, maxLength: MaxLength, out value);

    /// <summary>Appends the attribute.</summary>
    public static void Write(ref StunMessageWriter writer, scoped ReadOnlySpan<byte> value)
        => writer.Append(StunAttributeType.Username, value);
}
