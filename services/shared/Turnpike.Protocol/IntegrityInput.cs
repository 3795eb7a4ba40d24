using System.Buffers.Binary;
using Turnpike.Protocol.Hashing;

namespace Turnpike.Protocol;

/// <summary>
/// The bytes that an integrity attribute covers: the message up to the attribute, with the header's length pointing at the
/// attribute's end (RFC 8489 §14.5, §14.6), whatever follows it on the wire.
/// </summary>
internal static class IntegrityInput
{
    public static void Compute<THash>(ReadOnlySpan<byte> message, int offset, int valueLength, in Hmac<THash> hmac, Span<byte> mac)
        where THash : struct, IBlockHash<THash>
    {
        Span<byte> header = stackalloc byte[StunMessage.HeaderLength];
        message[..StunMessage.HeaderLength].CopyTo(header);
        BinaryPrimitives.WriteUInt16BigEndian(
            header[StunMessage.LengthOffset..], (ushort)(offset + StunMessage.AttributeHeaderLength + valueLength - StunMessage.HeaderLength));
        hmac.Compute(header, message[StunMessage.HeaderLength..offset], mac);
    }
}
