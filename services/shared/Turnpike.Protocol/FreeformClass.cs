using System.Buffers;
using System.Globalization;
using System.Text;

namespace Turnpike.Protocol;

/// <summary>
/// Membership in the PRECIS FreeformClass (RFC 8264 §4.3), derived from Unicode properties in the order of RFC 8264 §8.
/// </summary>
internal static class FreeformClass
{
    // RFC 8264 §9.13 (M): Default_Ignorable_Code_Point, as pairs of first and last.
    private static readonly int[] Ignorable =
    [
        0x00AD, 0x00AD, 0x034F, 0x034F, 0x061C, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180F, 0x200B, 0x200F,
        0x202A, 0x202E, 0x2060, 0x206F, 0x3164, 0x3164, 0xFE00, 0xFE0F, 0xFEFF, 0xFEFF, 0xFFA0, 0xFFA0, 0xFFF0, 0xFFF8,
        0x1BCA0, 0x1BCA3, 0x1D173, 0x1D17A, 0xE0000, 0xE0FFF,
    ];

    // RFC 8264 §9.9 (I): conjoining jamo, Hangul_Syllable_Type L, V and T.
    private static readonly int[] OldHangulJamo = [0x1100, 0x11FF, 0xA960, 0xA97C, 0xD7B0, 0xD7C6, 0xD7CB, 0xD7FB];

    // RFC 5892 §2.6: exceptions whose value is DISALLOWED.
    private static readonly int[] DisallowedExceptions =
        [0x0640, 0x0640, 0x07FA, 0x07FA, 0x302E, 0x302F, 0x3031, 0x3035, 0x303B, 0x303B];

    /// <summary>Whether every code point of <paramref name="text"/> is allowed where it stands, and the UTF-16 is well-formed.</summary>
    public static bool Contains(string text)
    {
        for (int index = 0; index < text.Length;)
        {
            if (Rune.DecodeFromUtf16(text.AsSpan(index), out Rune rune, out int consumed) != OperationStatus.Done
                || !Allows(text, index, rune))
            {
                return false;
            }

            index += consumed;
        }

        return true;
    }

    /// <summary>Whether <paramref name="value"/> lies in one of the ranges, given as pairs of first and last.</summary>
    internal static bool InAny(ReadOnlySpan<int> ranges, int value)
    {
        for (int index = 0; index < ranges.Length; index += 2)
        {
            if (value >= ranges[index] && value <= ranges[index + 1])
            {
                return true;
            }
        }

        return false;
    }

    private static bool Allows(string text, int index, Rune rune)
    {
        int value = rune.Value;
        if (ContextualRule.Governs(value))
        {
            return ContextualRule.IsMet(text, index, value);
        }

        if (InAny(DisallowedExceptions, value) || InAny(OldHangulJamo, value) || InAny(Ignorable, value))
        {
            return false;
        }

        // HasCompat (RFC 8264 §9.17) brings in nothing that the categories do not.
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.OtherNotAssigned or UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse
                or UnicodeCategory.Surrogate or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => false,
            _ => true,
        };
    }
}
