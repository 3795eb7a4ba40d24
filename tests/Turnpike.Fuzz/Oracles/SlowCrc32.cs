namespace Turnpike.Fuzz.Oracles;

/// <summary>CRC-32 as ISO 3309 draws it, one bit at a time, most significant bit first, on reflected input.</summary>
public static class SlowCrc32
{
    /// <summary>The CRC-32 of <paramref name="bytes"/>.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        uint register = 0xFFFF_FFFF;
        foreach (byte value in bytes)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                bool carry = (register >> 31) != (uint)((value >> bit) & 1);
                register <<= 1;
                if (carry)
                {
                    register ^= 0x04C1_1DB7;
                }
            }
        }

        uint reflected = 0;
        for (int bit = 0; bit < 32; bit++)
        {
            reflected |= ((register >> bit) & 1) << (31 - bit);
        }

        return ~reflected;
    }
}
