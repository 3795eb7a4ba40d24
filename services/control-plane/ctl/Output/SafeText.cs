using System.Text;

namespace Turnpike.Ctl.Output;

/// <summary>Text from elsewhere, made fit for a terminal: names and messages must not move its cursor or break its lines.</summary>
public static class SafeText
{
    public static string Line(string text)
    {
        if (!text.Any(IsDangerous))
        {
            return text;
        }
        StringBuilder safe = new(text.Length);
        foreach (char character in text)
        {
            safe.Append(character is '\n' or '\r' or '\t' ? ' ' : IsDangerous(character) ? '\uFFFD' : character);
        }
        return safe.ToString();
    }

    // Controls, and the marks that turn the direction of what follows.
    private static bool IsDangerous(char character) =>
        char.IsControl(character) || character is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or '\u2028' or '\u2029';
}
