namespace Turnpike.Protocol.Attributes;

/// <summary>ALTERNATE-DOMAIN (RFC 8489 §14.16): the name that the certificate of the ALTERNATE-SERVER has to carry.</summary>
public static class AlternateDomain
{
    /// <summary>255 bytes, the longest domain name (RFC 8489 §14.16).</summary>
    public const int MaxLength = 255;

    /// <summary>Reads the value in place. Malformed: more than 255 bytes.</summary>
    public static AttributeResult Read(scoped in StunMessage message, out ReadOnlySpan<byte> value)
        => BytesValue.Read(in message, StunAttributeType.AlternateDomain, minLength: 0, maxLength: MaxLength, out value);

    /// <summary>Appends the attribute.</summary>
    public static void Write(ref StunMessageWriter writer, scoped ReadOnlySpan<byte> value)
        => writer.Append(StunAttributeType.AlternateDomain, value);
}
