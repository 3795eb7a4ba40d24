namespace Turnpike.Protocol.Attributes;

/// <summary>ACCESS-TOKEN (RFC 7635 §6.2): nonce length, nonce and encrypted block. Its insides are bounded by who decrypts it.</summary>
public static class AccessToken
{
    /// <summary>Reads the value in place. Every length is well-formed.</summary>
    public static AttributeResult Read(scoped in StunMessage message, out ReadOnlySpan<byte> value)
        => BytesValue.Read(in message, StunAttributeType.AccessToken, minLength: 0, maxLength: ushort.MaxValue, out value);

    /// <summary>Appends the attribute.</summary>
    public static void Write(ref StunMessageWriter writer, scoped ReadOnlySpan<byte> value)
        => writer.Append(StunAttributeType.AccessToken, value);
}
