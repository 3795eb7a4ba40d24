using System.Text;

namespace Turnpike.Protocol;

/// <summary>
/// The OpaqueString profile of RFC 8265 §4.2, by which usernames, realms and passwords are prepared before they are hashed:
/// non-ASCII spaces become U+0020, the text is brought to NFC, and it has to be a non-empty string of the PRECIS FreeformClass
/// (RFC 8264 §4.3). Allocates; it is for configuration and clients, not for the data path.
/// </summary>
public static class OpaqueString
{
    // Below this every code point is its own NFC form and no two of them compose.
    private const char FirstThatNormalizes = '\u0300';

    /// <summary>
    /// Prepares <paramref name="text"/>. False when it is empty, not well-formed UTF-16, or holds a code point that the FreeformClass
    /// does not allow: controls, unassigned, private use, ignorable ones, or one whose contextual rule (RFC 5892 appendix A) is not met.
    /// </summary>
    public static bool TryPrepare(string text, out string prepared)
    {
        ArgumentNullException.ThrowIfNull(text);
        prepared = string.Empty;
        if (text.Length == 0)
        {
            return false;
        }

        if (!text.AsSpan().ContainsAnyExceptInRange('\u0020', '\u007E'))
        {
            prepared = text;
            return true;
        }

        // Before and after: what is not allowed is refused as it came (RFC 8265 §4.2.1), and NFC can bring out a code point with a
        // contextual rule (U+0387 becomes U+00B7).
        if (!FreeformClass.Contains(text))
        {
            return false;
        }

        if (!TryNormalize(MapSpaces(text), out string normalized) || !FreeformClass.Contains(normalized))
        {
            return false;
        }

        prepared = normalized;
        return true;
    }

    private static string MapSpaces(string text)
    {
        var mapped = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            mapped.Append(char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.SpaceSeparator ? ' ' : c);
        }

        return mapped.ToString();
    }

    private static bool TryNormalize(string text, out string normalized)
    {
        normalized = text;
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', (char)(FirstThatNormalizes - 1)))
        {
            return true;
        }

        // In globalization-invariant mode Normalize gives back its input. A key from unnormalized text would match no client's, so
        // the text is refused there.
        if ("e\u0301".Normalize(NormalizationForm.FormC) != "\u00E9")
        {
            return false;
        }

        normalized = text.Normalize(NormalizationForm.FormC);
        return true;
    }
}
