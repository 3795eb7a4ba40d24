using System.Security.Cryptography;

namespace Turnpike.Protocol;

/// <summary>MESSAGE-INTEGRITY (RFC 8489 §14.5): HMAC-SHA1 over the message up to the attribute, 20 bytes.</summary>
public static class MessageIntegrity
{
    /// <summary>20 bytes.</summary>
    public const int Length = HMACSHA1.HashSizeInBytes;

    /// <summary>
    /// Whether the message has a MESSAGE-INTEGRITY made with <paramref name="key"/>. False when it is absent or of another length.
    /// Compares in constant time.
    /// </summary>
    public static bool Verify(in StunMessage message, ReadOnlySpan<byte> key)
    {
        if (!message.TryFind(StunAttributeType.MessageIntegrity, out StunAttribute attribute) || attribute.Value.Length != Length)
        {
            return false;
        }

        Span<byte> mac = stackalloc byte[Length];
        IntegrityInput.HmacSha1(message.Bytes, attribute.Offset, Length, key, mac);
        return CryptographicOperations.FixedTimeEquals(mac, attribute.Value);
    }

    /// <summary>Appends MESSAGE-INTEGRITY over everything written so far.</summary>
    public static void Write(ref StunMessageWriter writer, scoped ReadOnlySpan<byte> key)
    {
        int offset = writer.Length;
        Span<byte> value = writer.Reserve(StunAttributeType.MessageIntegrity, Length);
        if (value.Length == Length)
        {
            IntegrityInput.HmacSha1(writer.Written, offset, Length, key, value);
        }
    }
}
