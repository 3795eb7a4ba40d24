using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Turnpike.Protocol;

/// <summary>
/// The bytes that an integrity attribute covers: the message up to the attribute, with the header's length pointing at the
/// attribute's end (RFC 8489 §14.5, §14.6). The message is copied only when something follows the attribute, because only then
/// does the length field on the wire differ.
/// </summary>
internal static class IntegrityInput
{
    // Requests stay below one Ethernet MTU; a longer one borrows from the pool.
    private const int StackLimit = 2048;

    public static void HmacSha1(ReadOnlySpan<byte> message, int offset, int valueLength, ReadOnlySpan<byte> key, Span<byte> mac)
        => Compute(message, offset, valueLength, key, mac, sha256: false);

    public static void HmacSha256(ReadOnlySpan<byte> message, int offset, int valueLength, ReadOnlySpan<byte> key, Span<byte> mac)
        => Compute(message, offset, valueLength, key, mac, sha256: true);

    private static void Compute(
        ReadOnlySpan<byte> message, int offset, int valueLength, ReadOnlySpan<byte> key, Span<byte> mac, bool sha256)
    {
        int length = offset + StunMessage.AttributeHeaderLength + valueLength - StunMessage.HeaderLength;
        if (BinaryPrimitives.ReadUInt16BigEndian(message[StunMessage.LengthOffset..]) == length)
        {
            Hash(key, message[..offset], mac, sha256);
            return;
        }

        byte[]? rented = null;
        Span<byte> copy = offset <= StackLimit ? stackalloc byte[StackLimit] : rented = ArrayPool<byte>.Shared.Rent(offset);
        message[..offset].CopyTo(copy);
        BinaryPrimitives.WriteUInt16BigEndian(copy[StunMessage.LengthOffset..], (ushort)length);
        Hash(key, copy[..offset], mac, sha256);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static void Hash(ReadOnlySpan<byte> key, ReadOnlySpan<byte> input, Span<byte> mac, bool sha256)
    {
        if (sha256)
        {
            HMACSHA256.HashData(key, input, mac);
        }
        else
        {
            HMACSHA1.HashData(key, input, mac);
        }
    }
}
