using System.Security.Cryptography;
using Turnpike.Protocol.Hashing;

namespace Turnpike.Protocol;

/// <summary>
/// MESSAGE-INTEGRITY-SHA256 (RFC 8489 §14.6): HMAC-SHA256 over the message up to the attribute, 32 bytes or truncated from the
/// right to not less than 16, always a multiple of 4.
/// </summary>
public static class MessageIntegritySha256
{
    /// <summary>32 bytes, untruncated.</summary>
    public const int Length = HmacSha256.Length;

    /// <summary>16 bytes, the shortest truncation that a receiver accepts.</summary>
    public const int MinLength = 16;

    /// <summary>
    /// Whether the message has a MESSAGE-INTEGRITY-SHA256 made with <paramref name="key"/>. False when it is absent or its length
    /// is not one of 16, 20, 24, 28 and 32. Compares in constant time.
    /// </summary>
    public static bool Verify(in StunMessage message, ReadOnlySpan<byte> key) => Verify(message, new Hmac<Sha256State>(key));

    /// <inheritdoc cref="Verify(in StunMessage, ReadOnlySpan{byte})"/>
    public static bool Verify(in StunMessage message, HmacSha256 key) => Verify(message, key.State);

    /// <summary>Appends MESSAGE-INTEGRITY-SHA256 of <paramref name="length"/> bytes over everything written so far.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is not one of 16, 20, 24, 28 and 32.</exception>
    public static void Write(ref StunMessageWriter writer, scoped ReadOnlySpan<byte> key, int length = Length) =>
        Write(ref writer, new Hmac<Sha256State>(key), length);

    /// <summary>Appends MESSAGE-INTEGRITY-SHA256, untruncated, over everything written so far.</summary>
    public static void Write(ref StunMessageWriter writer, HmacSha256 key) => Write(ref writer, key.State, Length);

    private static bool Verify(in StunMessage message, in Hmac<Sha256State> hmac)
    {
        if (!message.TryFind(StunAttributeType.MessageIntegritySha256, out StunAttribute attribute)
            || !IsLength(attribute.Value.Length))
        {
            return false;
        }

        Span<byte> mac = stackalloc byte[Length];
        IntegrityInput.Compute(message.Bytes, attribute.Offset, attribute.Value.Length, hmac, mac);
        return CryptographicOperations.FixedTimeEquals(mac[..attribute.Value.Length], attribute.Value);
    }

    private static void Write(ref StunMessageWriter writer, scoped in Hmac<Sha256State> hmac, int length)
    {
        if (!IsLength(length))
        {
            throw new ArgumentOutOfRangeException(nameof(length), length, "RFC 8489 section 14.6 allows 16, 20, 24, 28 and 32.");
        }

        int offset = writer.Length;
        Span<byte> value = writer.Reserve(StunAttributeType.MessageIntegritySha256, length);
        if (value.Length == length)
        {
            Span<byte> mac = stackalloc byte[Length];
            IntegrityInput.Compute(writer.Written, offset, length, hmac, mac);
            mac[..length].CopyTo(value);
        }
    }

    private static bool IsLength(int length) => length is >= MinLength and <= Length && (length & 3) == 0;
}
