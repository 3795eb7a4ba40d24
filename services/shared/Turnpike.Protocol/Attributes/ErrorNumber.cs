namespace Turnpike.Protocol.Attributes;

/// <summary>The two bytes that ERROR-CODE and ADDRESS-ERROR-CODE share: the hundreds in three bits, and the number modulo 100.</summary>
internal static class ErrorNumber
{
    private const int ClassMask = 7;

    public static bool TryDecode(byte classByte, byte number, out int code)
    {
        int hundreds = classByte & ClassMask;
        bool valid = hundreds is >= 3 and <= 6 && number <= 99;
        code = valid ? (hundreds * 100) + number : 0;
        return valid;
    }

    public static void Encode(int code, Span<byte> destination)
    {
        destination[0] = (byte)(code / 100);
        destination[1] = (byte)(code % 100);
    }
}
