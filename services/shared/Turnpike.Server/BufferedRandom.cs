using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Turnpike.Server;

/// <summary>
/// Unpredictable bytes, drawn from the system many at a time: a draw costs about two microseconds, however few it is for. One thread at a time.
/// </summary>
public sealed class BufferedRandom
{
    /// <summary>The most bytes that <see cref="Next"/> gives at once.</summary>
    public const int Capacity = 1200;

    private readonly byte[] _bytes = new byte[Capacity];
    private int _used = Capacity;

    /// <summary>The next bytes, which are given to nobody else; valid until the next call.</summary>
    /// <param name="count">How many, at most <see cref="Capacity"/>.</param>
    public ReadOnlySpan<byte> Next(int count)
    {
        if (count > Capacity - _used)
        {
            RandomNumberGenerator.Fill(_bytes);
            _used = 0;
        }

        _used += count;
        return _bytes.AsSpan(_used - count, count);
    }

    /// <summary>A number from 0 up, each below <paramref name="bound"/> as likely as the others.</summary>
    /// <param name="bound">At least 1.</param>
    public int Below(int bound)
    {
        // The multiples of the bound that fit into 32 bits; what lies above them would make the small numbers likelier.
        ulong fair = (1UL << 32) - ((1UL << 32) % (uint)bound);
        while (true)
        {
            uint drawn = BinaryPrimitives.ReadUInt32LittleEndian(Next(sizeof(uint)));
            if (drawn < fair)
            {
                return (int)(drawn % (uint)bound);
            }
        }
    }
}
