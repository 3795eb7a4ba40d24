namespace Turnpike.Protocol.Attributes;

/// <summary>NONCE (RFC 8489 §14.10): what the server gave out, sent back unchanged.</summary>
public static class Nonce
{
    /// <summary>763 bytes, which fewer than 128 characters of UTF-8 may take (RFC 8489 §14).</summary>
    public const int MaxLength = BytesValue.TextMaxLength;

    /// <summary>Reads the value in place. Malformed: more than 763 bytes.</summary>
    public static AttributeResult Read(scoped in StunMessage message, out ReadOnlySpan<byte> value)
        => BytesValue.Read(in message, StunAttributeType.Nonce, minLength: 0, maxLength: MaxLength, out value);

    /// <summary>Appends the attribute.</summary>
    public static void Write(ref StunMessageWriter writer, scoped ReadOnlySpan<byte> value)
        => writer.Append(StunAttributeType.Nonce, value);
}
