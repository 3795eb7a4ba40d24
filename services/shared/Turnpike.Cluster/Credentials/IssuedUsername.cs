using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Turnpike.Cluster;

/// <summary>
/// The USERNAME of an issued credential: a TURN REST name, <c>expiry:user</c>, whose user part carries all that an edge has to
/// know: <c>expiry:~keyId~issuedAt~realm~user~tag</c>. The expiry is decimal, the time of issue in base 36; in the other fields
/// everything but printable ASCII, and <c>~</c> and <c>%</c>, is percent-encoded, so that no client's string preparation
/// (RFC 8265) changes it. Times are seconds of Unix time.
/// </summary>
/// <param name="ExpiresAt">When it ends.</param>
/// <param name="KeyId">The secret that its password is made with.</param>
/// <param name="IssuedAt">When it was issued.</param>
/// <param name="Realm">The tenant.</param>
/// <param name="User">The user.</param>
/// <param name="Tag">The tag, or empty.</param>
public sealed record IssuedUsername(long ExpiresAt, string KeyId, long IssuedAt, string Realm, string User, string Tag)
{
    /// <summary>RFC 8489 section 14.3: fewer than 509 bytes.</summary>
    public const int LongestUsername = 508;

    private const char Mark = '~';
    private const int Fields = 5;
    private const int LongestNumber = 18;
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";

    /// <summary>Reads a USERNAME; only the one way in which <see cref="Format"/> writes it.</summary>
    /// <param name="username">Bytes as they came.</param>
    /// <param name="separator">What stands behind the expiry; a colon unless the edge is set otherwise.</param>
    /// <param name="issued">The parts.</param>
    /// <returns>False for anything else, a plain TURN REST name included.</returns>
    public static bool TryParse(ReadOnlySpan<byte> username, char separator, [NotNullWhen(true)] out IssuedUsername? issued)
    {
        issued = null;
        // All of it is ASCII; so is the separator, and a name is looked at without a copy until it is likely one of ours.
        int end = username.Length <= LongestUsername ? username.IndexOf((byte)separator) : -1;
        if (end <= 0 || end + 1 >= username.Length || username[end + 1] != Mark || !Ascii.IsValid(username))
        {
            return false;
        }
        string text = Encoding.ASCII.GetString(username);
        string[] fields = text[(end + 2)..].Split(Mark);
        if (fields.Length != Fields
            || !TryDecimal(text[..end], out long expiresAt) || !TryBase36(fields[1], out long issuedAt)
            || !IsKeyId(fields[0])
            || !TryDecode(fields[2], out string? realm) || !TryDecode(fields[3], out string? user) || !TryDecode(fields[4], out string? tag))
        {
            return false;
        }
        IssuedUsername candidate = new(expiresAt, fields[0], issuedAt, realm, user, tag);
        if (candidate.Format(separator) != text)
        {
            return false;
        }
        issued = candidate;
        return true;
    }

    /// <summary>Writes it as a USERNAME.</summary>
    /// <param name="separator">What stands behind the expiry.</param>
    public string Format(char separator)
    {
        StringBuilder text = new(64);
        text.Append(CultureInfo.InvariantCulture, $"{ExpiresAt}{separator}{Mark}{KeyId}{Mark}{Base36(IssuedAt)}{Mark}");
        Encode(text, Realm).Append(Mark);
        Encode(text, User).Append(Mark);
        Encode(text, Tag);
        return text.ToString();
    }

    private static StringBuilder Encode(StringBuilder text, string field)
    {
        foreach (byte b in Encoding.UTF8.GetBytes(field))
        {
            _ = b is >= 0x20 and < 0x7f and not (byte)Mark and not (byte)'%'
                ? text.Append((char)b)
                : text.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
        }
        return text;
    }

    private static bool TryDecode(string field, [NotNullWhen(true)] out string? text)
    {
        text = null;
        byte[] bytes = new byte[field.Length];
        int length = 0;
        for (int i = 0; i < field.Length; i++)
        {
            if (field[i] != '%')
            {
                bytes[length++] = (byte)field[i];
            }
            else if (i + 2 < field.Length
                && byte.TryParse(field.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[length]))
            {
                length++;
                i += 2;
            }
            else
            {
                return false;
            }
        }
        // What is not UTF-8 becomes a replacement character, which is written otherwise than it was read.
        text = Encoding.UTF8.GetString(bytes, 0, length);
        return true;
    }

    private static bool IsKeyId(string text) => text.Length is > 0 and <= 16 && text.All(char.IsAsciiLetterOrDigit);

    private static bool TryDecimal(string text, out long value)
    {
        value = 0;
        return text.Length <= LongestNumber && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private static bool TryBase36(string text, out long value)
    {
        value = 0;
        // Eleven digits in base 36 fit 63 bits.
        if (text.Length is 0 or > 11)
        {
            return false;
        }
        foreach (char c in text)
        {
            int digit = Digits.IndexOf(c, StringComparison.Ordinal);
            if (digit < 0)
            {
                return false;
            }
            value = value * Digits.Length + digit;
        }
        return true;
    }

    private static string Base36(long value)
    {
        Span<char> text = stackalloc char[16];
        int at = text.Length;
        do
        {
            (value, long digit) = Math.DivRem(value, Digits.Length);
            text[--at] = Digits[(int)digit];
        }
        while (value > 0);
        return text[at..].ToString();
    }
}
