using System.Buffers.Binary;

namespace Turnpike.Protocol.Attributes;

/// <summary>One entry of PASSWORD-ALGORITHM(S): algorithm, length of the parameters, parameters padded to a multiple of 4.</summary>
internal static class AlgorithmEntry
{
    public const int HeaderLength = 4;

    /// <summary>
    /// Reads the entry at the front. <paramref name="consumed"/> includes the padding, which the last entry of a value may lack
    /// because the attribute's own padding stands in for it.
    /// </summary>
    public static bool TryRead(
        ReadOnlySpan<byte> value, out PasswordAlgorithmId algorithm, out ReadOnlySpan<byte> parameters, out int consumed)
    {
        algorithm = PasswordAlgorithmId.None;
        parameters = [];
        consumed = 0;
        if (value.Length < HeaderLength)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(value[2..]);
        if (length > value.Length - HeaderLength)
        {
            return false;
        }

        algorithm = (PasswordAlgorithmId)BinaryPrimitives.ReadUInt16BigEndian(value);
        parameters = value.Slice(HeaderLength, length);
        consumed = Math.Min(value.Length, HeaderLength + StunMessage.Padded(length));
        return true;
    }

    public static void Write(Span<byte> destination, PasswordAlgorithmId algorithm, ReadOnlySpan<byte> parameters)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)algorithm);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)parameters.Length);
        parameters.CopyTo(destination[HeaderLength..]);
    }
}
