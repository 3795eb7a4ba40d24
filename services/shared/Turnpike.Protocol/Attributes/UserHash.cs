using System.Buffers;
using System.Security.Cryptography;

namespace Turnpike.Protocol.Attributes;

/// <summary>
/// USERHASH (RFC 8489 §14.4): SHA-256 of <c>username ":" realm</c>, which stands for USERNAME where the server offers username
/// anonymity.
/// </summary>
public static class UserHash
{
    /// <summary>32 bytes.</summary>
    public const int Length = SHA256.HashSizeInBytes;

    private const int StackLimit = 1536;

    /// <summary>Reads the hash in place. Malformed: not 32 bytes.</summary>
    public static AttributeResult Read(scoped in StunMessage message, out ReadOnlySpan<byte> value)
        => BytesValue.Read(in message, StunAttributeType.UserHash, Length, Length, out value);

    /// <summary>Appends the attribute; <paramref name="value"/> is 32 bytes.</summary>
    public static void Write(ref StunMessageWriter writer, scoped ReadOnlySpan<byte> value)
        => writer.Append(StunAttributeType.UserHash, value);

    /// <summary>
    /// Writes the hash to the front of <paramref name="hash"/>; both names in UTF-8, prepared by <see cref="OpaqueString"/>.
    /// </summary>
    /// <exception cref="ArgumentException">Fewer than 32 bytes of room.</exception>
    public static void Compute(ReadOnlySpan<byte> username, ReadOnlySpan<byte> realm, Span<byte> hash)
    {
        int length = username.Length + 1 + realm.Length;
        byte[]? rented = null;
        Span<byte> input = length <= StackLimit ? stackalloc byte[StackLimit] : rented = ArrayPool<byte>.Shared.Rent(length);
        username.CopyTo(input);
        input[username.Length] = (byte)':';
        realm.CopyTo(input[(username.Length + 1)..]);
        SHA256.HashData(input[..length], hash);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
