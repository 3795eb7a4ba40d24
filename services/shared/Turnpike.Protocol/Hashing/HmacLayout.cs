using System.Buffers.Binary;

namespace Turnpike.Protocol.Hashing;

/// <summary>What SHA-1 and SHA-256 have in common (FIPS 180-4 §5): 16 big-endian words a block, and how the last block ends.</summary>
internal static class HmacLayout
{
    /// <summary>Bytes of a block.</summary>
    public const int BlockLength = 64;

    private const int WordsOfBlock = BlockLength / sizeof(uint);

    /// <summary>The words of the first block, to the front of <paramref name="words"/>.</summary>
    public static void ReadWords(ReadOnlySpan<byte> blocks, Span<uint> words)
    {
        // So few that a call of the framework's vectors costs more.
        for (int i = 0; i < WordsOfBlock; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt32BigEndian(blocks[(i * sizeof(uint))..]);
        }
    }

    /// <summary>Pads what is left of a message (FIPS 180-4 §5.1.1).</summary>
    /// <param name="last">Two blocks of room, with what is left at its front.</param>
    /// <param name="left">Bytes of it, fewer than a block.</param>
    /// <param name="length">Bytes of the whole message.</param>
    /// <returns>The last block, or the last two.</returns>
    public static Span<byte> Pad(Span<byte> last, int left, long length)
    {
        Span<byte> padded = last[..(left < BlockLength - sizeof(ulong) ? BlockLength : 2 * BlockLength)];
        padded[left] = 0x80;
        padded[(left + 1)..^sizeof(ulong)].Clear();
        BinaryPrimitives.WriteInt64BigEndian(padded[^sizeof(ulong)..], 8 * length);
        return padded;
    }
}
