using System.Globalization;
using Google.Protobuf.WellKnownTypes;

namespace Turnpike.Ctl.Values;

/// <summary>Lengths of time and moments as they are typed.</summary>
public static class Lengths
{
    /// <summary>What can be typed, for messages.</summary>
    public const string Allowed = "a number and ms, s, min, h or d; without a unit: seconds";

    private static readonly (string Unit, double Seconds)[] Units = [("ms", 0.001), ("min", 60), ("m", 60), ("s", 1), ("h", 3600), ("d", 86400), ("", 1)];

    // What a google.protobuf.Duration can hold and a TimeSpan still adds up.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(36500);

    /// <summary>Reads <c>90</c>, <c>1.5h</c>, <c>30d</c>.</summary>
    public static bool TryParse(string text, out TimeSpan length)
    {
        (string unit, double seconds) = Units.First(entry => text.EndsWith(entry.Unit, StringComparison.Ordinal));
        bool isNumber = double.TryParse(
            text.AsSpan(0, text.Length - unit.Length).TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number);
        bool isLength = isNumber && number * seconds <= Longest.TotalSeconds;
        length = isLength ? TimeSpan.FromSeconds(number * seconds) : default;
        return isLength;
    }

    /// <summary>Reads a length for a message's field; null for null.</summary>
    /// <exception cref="UsageException">Not a length.</exception>
    public static Duration? Read(string option, string? text) =>
        text is null ? null
        : TryParse(text, out TimeSpan length) ? Duration.FromTimeSpan(length)
        : throw new UsageException($"{option}: {text} is no length of time; allowed: {Allowed}");

    /// <summary>Reads a moment: RFC 3339, or how long before now (<c>2h</c>), or after now (<c>+2h</c>); null for null.</summary>
    /// <exception cref="UsageException">Not a moment.</exception>
    public static Timestamp? ReadMoment(string option, string? text, TimeProvider time)
    {
        if (text is null)
        {
            return null;
        }
        bool later = text.StartsWith('+');
        if (TryParse(later ? text[1..] : text, out TimeSpan length))
        {
            DateTimeOffset now = time.GetUtcNow();
            return Timestamp.FromDateTimeOffset(later ? now + length : now - length);
        }
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset moment)
            ? Timestamp.FromDateTimeOffset(moment)
            : throw new UsageException($"{option}: {text} is no moment; allowed: 2026-01-31T12:00:00Z, or how long ago (2h), or from now on (+2h)");
    }
}
