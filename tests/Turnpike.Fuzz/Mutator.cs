namespace Turnpike.Fuzz;

/// <summary>Makes new inputs out of the corpus by stacking a few small changes, as fuzzers do.</summary>
internal sealed class Mutator
{
    // The longest UDP payload; anything longer never reaches the code under test.
    private const int MaxLength = 65_535;
    private const int MaxStacked = 6;

    private static readonly int[] Interesting16 =
        [0, 1, 3, 4, 5, 7, 8, 12, 15, 16, 20, 24, 31, 32, 33, 255, 256, 508, 509, 763, 764, 0xFFFC, 0xFFFF];

    private static readonly byte[] Interesting8 = [0, 1, 2, 3, 4, 7, 8, 0x13, 0x14, 0x3F, 0x40, 0x4F, 0x50, 0x7F, 0x80, 0xC0, 0xFF];

    // Attribute types whose place among the others matters, and the ones with readers of their own.
    private static readonly int[] Types =
        [0x0001, 0x0006, 0x0008, 0x0009, 0x0012, 0x0013, 0x001C, 0x001D, 0x0020, 0x8001, 0x8002, 0x8004, 0x8028];

    private readonly XorShift _random;

    public Mutator(XorShift random) => _random = random;

    public byte[] Mutate(IReadOnlyList<byte[]> corpus)
    {
        List<byte> bytes = [.. corpus[_random.Below(corpus.Count)]];
        int changes = 1 + _random.Below(MaxStacked);
        for (int change = 0; change < changes; change++)
        {
            Change(bytes, corpus);
        }

        if (_random.Below(2) == 0)
        {
            RepairLength(bytes);
        }

        return bytes.Count > MaxLength ? [.. bytes[..MaxLength]] : [.. bytes];
    }

    private void Change(List<byte> bytes, IReadOnlyList<byte[]> corpus)
    {
        int at = _random.Below(bytes.Count + 1);
        bool inside = at < bytes.Count;
        switch (_random.Below(9))
        {
            case 0 when inside:
                bytes[at] ^= (byte)(1 << _random.Below(8));
                break;
            case 1 when inside:
                bytes[at] = (byte)_random.Below(256);
                break;
            case 2 when inside:
                bytes[at] = Interesting8[_random.Below(Interesting8.Length)];
                break;
            case 3:
                Put16(bytes, at & ~1, Interesting16[_random.Below(Interesting16.Length)]);
                break;
            case 4:
                Put16(bytes, at & ~3, Types[_random.Below(Types.Length)]);
                break;
            case 5 when inside:
                bytes.RemoveRange(at, 1 + _random.Below(Math.Min(16, bytes.Count - at)));
                break;
            case 6:
                bytes.InsertRange(at, new byte[1 + _random.Below(16)]);
                break;
            case 7 when inside:
                // A stretch of the input again, as duplicate attributes are; on a multiple of 4 it often stays well-formed.
                int start = at & ~3;
                bytes.InsertRange(start, bytes[start..Math.Min(bytes.Count, start + (4 * (1 + _random.Below(8))))]);
                break;
            default:
                Splice(bytes, at & ~3, corpus[_random.Below(corpus.Count)]);
                break;
        }
    }

    private void Splice(List<byte> bytes, int at, byte[] other)
    {
        int from = _random.Below(other.Length + 1) & ~3;
        int count = _random.Below(other.Length - from + 1);
        bytes.InsertRange(Math.Min(at, bytes.Count), other.AsSpan(from, count).ToArray());
    }

    // Without this almost every input would end at the header's length field.
    private static void RepairLength(List<byte> bytes)
    {
        while (bytes.Count % 4 != 0)
        {
            bytes.Add(0xEE);
        }

        if (bytes.Count is >= 20 and < MaxLength && bytes[0] < 0x40)
        {
            Put16(bytes, 2, bytes.Count - 20);
        }
    }

    private static void Put16(List<byte> bytes, int at, int value)
    {
        if (at + 1 < bytes.Count)
        {
            bytes[at] = (byte)(value >> 8);
            bytes[at + 1] = (byte)value;
        }
    }
}
