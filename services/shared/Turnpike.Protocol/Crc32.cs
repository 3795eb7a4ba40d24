using System.Buffers.Binary;

namespace Turnpike.Protocol;

/// <summary>
/// The CRC-32 of ISO 3309 and ITU V.42 (polynomial 0xEDB88320 reflected) that FINGERPRINT uses, eight bytes a step
/// ("slicing by 8"): row k of the table is the CRC of a byte followed by k zero bytes.
/// </summary>
internal static class Crc32
{
    private const uint Polynomial = 0xEDB8_8320;
    private const int Slices = 8;

    private static readonly uint[] Table = BuildTable();

    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<uint> table = Table;
        uint crc = uint.MaxValue;
        while (bytes.Length >= Slices)
        {
            uint low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc;
            uint high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = Row(table, 7, low) ^ Row(table, 6, low >> 8) ^ Row(table, 5, low >> 16) ^ Row(table, 4, low >> 24)
                ^ Row(table, 3, high) ^ Row(table, 2, high >> 8) ^ Row(table, 1, high >> 16) ^ Row(table, 0, high >> 24);
            bytes = bytes[Slices..];
        }

        foreach (byte value in bytes)
        {
            crc = (crc >> 8) ^ Row(table, 0, crc ^ value);
        }

        return ~crc;
    }

    private static uint Row(ReadOnlySpan<uint> table, int row, uint value) => table[(row * 256) + (int)(value & 0xFF)];

    private static uint[] BuildTable()
    {
        uint[] table = new uint[Slices * 256];
        for (uint value = 0; value < 256; value++)
        {
            uint crc = value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * Polynomial);
            }

            table[value] = crc;
        }

        for (int entry = 256; entry < table.Length; entry++)
        {
            uint previous = table[entry - 256];
            table[entry] = (previous >> 8) ^ table[previous & 0xFF];
        }

        return table;
    }
}
