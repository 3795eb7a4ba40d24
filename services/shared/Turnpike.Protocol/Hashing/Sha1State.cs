using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Turnpike.Protocol.Hashing;

/// <summary>SHA-1 (FIPS 180-4 §6.1.2).</summary>
internal struct Sha1State : IBlockHash<Sha1State>
{
    private const int Rounds = 80;
    private uint _a;
    private uint _b;
    private uint _c;
    private uint _d;
    private uint _e;

    public static int DigestLength => 20;

    public static Sha1State Initial => new() { _a = 0x67452301, _b = 0xefcdab89, _c = 0x98badcfe, _d = 0x10325476, _e = 0xc3d2e1f0 };

    public void Append(ReadOnlySpan<byte> blocks)
    {
        Span<uint> w = stackalloc uint[Rounds];
        for (; blocks.Length >= HmacLayout.BlockLength; blocks = blocks[HmacLayout.BlockLength..])
        {
            HmacLayout.ReadWords(blocks, w);
            Extend(w);
            Compress(w);
        }
    }

    public readonly void Write(Span<byte> digest)
    {
        BinaryPrimitives.WriteUInt32BigEndian(digest, _a);
        BinaryPrimitives.WriteUInt32BigEndian(digest[4..], _b);
        BinaryPrimitives.WriteUInt32BigEndian(digest[8..], _c);
        BinaryPrimitives.WriteUInt32BigEndian(digest[12..], _d);
        BinaryPrimitives.WriteUInt32BigEndian(digest[16..], _e);
    }

    /// <summary>
    /// The message schedule. Its rule, put into itself, says from the 33rd word on what is 6, 16, 28 and 32 words back, rotated by 2: there no word
    /// needs one of the three before it, so that four are made at once.
    /// </summary>
    private static void Extend(Span<uint> w)
    {
        int t = 16;
        for (; t < 32; t++)
        {
            w[t] = BitOperations.RotateLeft(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
        }

        for (; t < Rounds; t += Vector128<uint>.Count)
        {
            Vector128<uint> mixed = Four(w, t - 6) ^ Four(w, t - 16) ^ Four(w, t - 28) ^ Four(w, t - 32);
            ((mixed << 2) | (mixed >>> 30)).CopyTo(w[t..]);
        }
    }

    private static Vector128<uint> Four(ReadOnlySpan<uint> w, int from) => Vector128.Create(w[from..]);

    /// <summary>Five rounds a turn, after which every variable is back in its own place, so that none is moved.</summary>
    private void Compress(ReadOnlySpan<uint> w)
    {
        (uint a, uint b, uint c, uint d, uint e) = (_a, _b, _c, _d, _e);
        int t = 0;
        for (; t < 20; t += 5)
        {
            Round(a, ref b, Choose(b, c, d), ref e, 0x5a827999 + w[t]);
            Round(e, ref a, Choose(a, b, c), ref d, 0x5a827999 + w[t + 1]);
            Round(d, ref e, Choose(e, a, b), ref c, 0x5a827999 + w[t + 2]);
            Round(c, ref d, Choose(d, e, a), ref b, 0x5a827999 + w[t + 3]);
            Round(b, ref c, Choose(c, d, e), ref a, 0x5a827999 + w[t + 4]);
        }

        for (; t < 40; t += 5)
        {
            Round(a, ref b, b ^ c ^ d, ref e, 0x6ed9eba1 + w[t]);
            Round(e, ref a, a ^ b ^ c, ref d, 0x6ed9eba1 + w[t + 1]);
            Round(d, ref e, e ^ a ^ b, ref c, 0x6ed9eba1 + w[t + 2]);
            Round(c, ref d, d ^ e ^ a, ref b, 0x6ed9eba1 + w[t + 3]);
            Round(b, ref c, c ^ d ^ e, ref a, 0x6ed9eba1 + w[t + 4]);
        }

        for (; t < 60; t += 5)
        {
            Round(a, ref b, Majority(b, c, d), ref e, 0x8f1bbcdc + w[t]);
            Round(e, ref a, Majority(a, b, c), ref d, 0x8f1bbcdc + w[t + 1]);
            Round(d, ref e, Majority(e, a, b), ref c, 0x8f1bbcdc + w[t + 2]);
            Round(c, ref d, Majority(d, e, a), ref b, 0x8f1bbcdc + w[t + 3]);
            Round(b, ref c, Majority(c, d, e), ref a, 0x8f1bbcdc + w[t + 4]);
        }

        for (; t < Rounds; t += 5)
        {
            Round(a, ref b, b ^ c ^ d, ref e, 0xca62c1d6 + w[t]);
            Round(e, ref a, a ^ b ^ c, ref d, 0xca62c1d6 + w[t + 1]);
            Round(d, ref e, e ^ a ^ b, ref c, 0xca62c1d6 + w[t + 2]);
            Round(c, ref d, d ^ e ^ a, ref b, 0xca62c1d6 + w[t + 3]);
            Round(b, ref c, c ^ d ^ e, ref a, 0xca62c1d6 + w[t + 4]);
        }

        _a += a;
        _b += b;
        _c += c;
        _d += d;
        _e += e;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(uint a, ref uint b, uint mixed, ref uint e, uint added)
    {
        e += BitOperations.RotateLeft(a, 5) + mixed + added;
        b = BitOperations.RotateLeft(b, 30);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Choose(uint x, uint y, uint z) => z ^ (x & (y ^ z));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Majority(uint x, uint y, uint z) => (x & y) | (z & (x | y));
}
