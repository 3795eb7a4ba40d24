using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Turnpike.Protocol.Hashing;

/// <summary>SHA-256 (FIPS 180-4 §6.2.2).</summary>
internal struct Sha256State : IBlockHash<Sha256State>
{
    private Words _state;

    public static int DigestLength => 32;

    public static Sha256State Initial
    {
        get
        {
            var initial = default(Sha256State);
            Start.CopyTo(initial._state);
            return initial;
        }
    }

    // The first 32 bits of the fractional parts of the square roots of the first 8 primes, and of the cube roots of the first 64.
    private static ReadOnlySpan<uint> Start =>
        [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

    private static ReadOnlySpan<uint> Constants =>
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    public void Append(ReadOnlySpan<byte> blocks)
    {
        ReadOnlySpan<uint> constants = Constants;
        Span<uint> w = stackalloc uint[64];
        for (; blocks.Length >= HmacLayout.BlockLength; blocks = blocks[HmacLayout.BlockLength..])
        {
            HmacLayout.ReadWords(blocks, w);
            for (int t = 16; t < w.Length; t++)
            {
                w[t] = SmallSigma1(w[t - 2]) + w[t - 7] + SmallSigma0(w[t - 15]) + w[t - 16];
            }

            for (int t = 0; t < w.Length; t++)
            {
                w[t] += constants[t];
            }

            Compress(w);
        }
    }

    public readonly void Write(Span<byte> digest)
    {
        for (int i = 0; i < Words.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(digest[(4 * i)..], _state[i]);
        }
    }

    /// <summary>Eight rounds a turn, after which every variable is back in its own place, so that none is moved.</summary>
    private void Compress(ReadOnlySpan<uint> w)
    {
        (uint a, uint b, uint c, uint d) = (_state[0], _state[1], _state[2], _state[3]);
        (uint e, uint f, uint g, uint h) = (_state[4], _state[5], _state[6], _state[7]);
        for (int t = 0; t < w.Length; t += 8)
        {
            Round(a, b, c, ref d, e, f, g, ref h, w[t]);
            Round(h, a, b, ref c, d, e, f, ref g, w[t + 1]);
            Round(g, h, a, ref b, c, d, e, ref f, w[t + 2]);
            Round(f, g, h, ref a, b, c, d, ref e, w[t + 3]);
            Round(e, f, g, ref h, a, b, c, ref d, w[t + 4]);
            Round(d, e, f, ref g, h, a, b, ref c, w[t + 5]);
            Round(c, d, e, ref f, g, h, a, ref b, w[t + 6]);
            Round(b, c, d, ref e, f, g, h, ref a, w[t + 7]);
        }

        _state[0] += a;
        _state[1] += b;
        _state[2] += c;
        _state[3] += d;
        _state[4] += e;
        _state[5] += f;
        _state[6] += g;
        _state[7] += h;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(uint a, uint b, uint c, ref uint d, uint e, uint f, uint g, ref uint h, uint added)
    {
        uint first = h + BigSigma1(e) + (g ^ (e & (f ^ g))) + added;
        d += first;
        h = first + BigSigma0(a) + ((a & b) | (c & (a | b)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint BigSigma0(uint x) => BitOperations.RotateRight(x, 2) ^ BitOperations.RotateRight(x, 13) ^ BitOperations.RotateRight(x, 22);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint BigSigma1(uint x) => BitOperations.RotateRight(x, 6) ^ BitOperations.RotateRight(x, 11) ^ BitOperations.RotateRight(x, 25);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint SmallSigma0(uint x) => BitOperations.RotateRight(x, 7) ^ BitOperations.RotateRight(x, 18) ^ (x >> 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint SmallSigma1(uint x) => BitOperations.RotateRight(x, 17) ^ BitOperations.RotateRight(x, 19) ^ (x >> 10);

    [InlineArray(Length)]
    private struct Words
    {
        public const int Length = 8;

        private uint _first;
    }
}
