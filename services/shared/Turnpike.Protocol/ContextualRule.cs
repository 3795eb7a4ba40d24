using System.Text;

namespace Turnpike.Protocol;

/// <summary>
/// The contextual rules of RFC 5892 appendix A, for code points that are allowed only beside certain others. Scripts are judged by
/// their blocks. ZERO WIDTH NON-JOINER is allowed after a virama only: the rule by joining types (A.1, second half) needs a table that
/// the runtime does not have.
/// </summary>
internal static class ContextualRule
{
    private const int ZeroWidthNonJoiner = 0x200C;
    private const int ZeroWidthJoiner = 0x200D;
    private const int MiddleDot = 0x00B7;
    private const int GreekKeraia = 0x0375;
    private const int HebrewGeresh = 0x05F3;
    private const int HebrewGershayim = 0x05F4;
    private const int KatakanaMiddleDot = 0x30FB;

    // Canonical_Combining_Class=Virama, as pairs of first and last.
    private static readonly int[] Virama =
    [
        0x094D, 0x094D, 0x09CD, 0x09CD, 0x0A4D, 0x0A4D, 0x0ACD, 0x0ACD, 0x0B4D, 0x0B4D, 0x0BCD, 0x0BCD, 0x0C4D, 0x0C4D,
        0x0CCD, 0x0CCD, 0x0D3B, 0x0D3C, 0x0D4D, 0x0D4D, 0x0DCA, 0x0DCA, 0x0E3A, 0x0E3A, 0x0EBA, 0x0EBA, 0x0F84, 0x0F84,
        0x1039, 0x103A, 0x1714, 0x1715, 0x1734, 0x1734, 0x17D2, 0x17D2, 0x1A60, 0x1A60, 0x1B44, 0x1B44, 0x1BAA, 0x1BAB,
        0x1BF2, 0x1BF3, 0x2D7F, 0x2D7F, 0xA806, 0xA806, 0xA8C4, 0xA8C4, 0xA953, 0xA953, 0xA9C0, 0xA9C0, 0xAAF6, 0xAAF6,
        0xABED, 0xABED, 0x10A3F, 0x10A3F, 0x11046, 0x11046, 0x1107F, 0x1107F, 0x110B9, 0x110B9, 0x11133, 0x11134,
        0x111C0, 0x111C0, 0x11235, 0x11235, 0x112EA, 0x112EA, 0x1134D, 0x1134D, 0x11442, 0x11442, 0x114C2, 0x114C2,
        0x115BF, 0x115BF, 0x1163F, 0x1163F, 0x116B6, 0x116B6, 0x1172B, 0x1172B,
    ];

    private static readonly int[] Greek = [0x0370, 0x03FF, 0x1F00, 0x1FFF];
    private static readonly int[] Hebrew = [0x0591, 0x05F4, 0xFB1D, 0xFB4F];
    private static readonly int[] ArabicIndicDigits = [0x0660, 0x0669];
    private static readonly int[] ExtendedArabicIndicDigits = [0x06F0, 0x06F9];

    // Hiragana, Katakana (without the middle dot itself) and Han.
    private static readonly int[] Japanese =
    [
        0x3005, 0x3005, 0x3007, 0x3007, 0x3041, 0x309F, 0x30A1, 0x30FA, 0x30FD, 0x30FF, 0x31F0, 0x31FF, 0x3400, 0x4DBF,
        0x4E00, 0x9FFF, 0xF900, 0xFAFF, 0xFF66, 0xFF9D, 0x20000, 0x323AF,
    ];

    /// <summary>Whether a contextual rule decides about this code point.</summary>
    public static bool Governs(int value)
        => value is ZeroWidthNonJoiner or ZeroWidthJoiner or MiddleDot or GreekKeraia or HebrewGeresh or HebrewGershayim
            or KatakanaMiddleDot || FreeformClass.InAny(ArabicIndicDigits, value)
            || FreeformClass.InAny(ExtendedArabicIndicDigits, value);

    /// <summary>Whether the code point at <paramref name="index"/> may stand there.</summary>
    public static bool IsMet(string text, int index, int value) => value switch
    {
        ZeroWidthNonJoiner or ZeroWidthJoiner => FreeformClass.InAny(Virama, Before(text, index)),
        MiddleDot => Before(text, index) == 'l' && After(text, index) == 'l',
        GreekKeraia => FreeformClass.InAny(Greek, After(text, index)),
        HebrewGeresh or HebrewGershayim => FreeformClass.InAny(Hebrew, Before(text, index)),
        KatakanaMiddleDot => ContainsAny(text, Japanese),
        _ => !ContainsAny(text, FreeformClass.InAny(ArabicIndicDigits, value) ? ExtendedArabicIndicDigits : ArabicIndicDigits),
    };

    private static int Before(string text, int index)
    {
        Rune.DecodeLastFromUtf16(text.AsSpan(0, index), out Rune rune, out _);
        return rune.Value;
    }

    private static int After(string text, int index)
    {
        // All code points with a rule are in the basic plane: one char each.
        Rune.DecodeFromUtf16(text.AsSpan(index + 1), out Rune rune, out _);
        return rune.Value;
    }

    private static bool ContainsAny(string text, ReadOnlySpan<int> ranges)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (FreeformClass.InAny(ranges, rune.Value))
            {
                return true;
            }
        }

        return false;
    }
}
