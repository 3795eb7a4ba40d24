using System.Security.Cryptography;
using Turnpike.Protocol.Hashing;

namespace Turnpike.Protocol;

/// <summary>MESSAGE-INTEGRITY (RFC 8489 §14.5): HMAC-SHA1 over the message up to the attribute, 20 bytes.</summary>
public static class MessageIntegrity
{
    /// <summary>20 bytes.</summary>
    public const int Length = HmacSha1.Length;

    /// <summary>
    /// Whether the message has a MESSAGE-INTEGRITY made with <paramref name="key"/>. False when it is absent or of another length.
    /// Compares in constant time.
    /// </summary>
    public static bool Verify(in StunMessage message, ReadOnlySpan<byte> key) => Verify(message, new Hmac<Sha1State>(key));

    /// <inheritdoc cref="Verify(in StunMessage, ReadOnlySpan{byte})"/>
    public static bool Verify(in StunMessage message, HmacSha1 key) => Verify(message, key.State);

    /// <summary>Appends MESSAGE-INTEGRITY over everything written so far.</summary>
    public static void Write(ref StunMessageWriter writer, scoped ReadOnlySpan<byte> key) => Write(ref writer, new Hmac<Sha1State>(key));

    /// <inheritdoc cref="Write(ref StunMessageWriter, ReadOnlySpan{byte})"/>
    public static void Write(ref StunMessageWriter writer, HmacSha1 key) => Write(ref writer, key.State);

    private static bool Verify(in StunMessage message, in Hmac<Sha1State> hmac)
    {
        if (!message.TryFind(StunAttributeType.MessageIntegrity, out StunAttribute attribute) || attribute.Value.Length != Length)
        {
            return false;
        }

        Span<byte> mac = stackalloc byte[Length];
        IntegrityInput.Compute(message.Bytes, attribute.Offset, Length, hmac, mac);
        return CryptographicOperations.FixedTimeEquals(mac, attribute.Value);
    }

    private static void Write(ref StunMessageWriter writer, scoped in Hmac<Sha1State> hmac)
    {
        int offset = writer.Length;
        Span<byte> value = writer.Reserve(StunAttributeType.MessageIntegrity, Length);
        if (value.Length == Length)
        {
            IntegrityInput.Compute(writer.Written, offset, Length, hmac, value);
        }
    }
}
