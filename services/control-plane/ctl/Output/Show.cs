using System.Globalization;
using Google.Protobuf.WellKnownTypes;

namespace Turnpike.Ctl.Output;

/// <summary>Values as people read them in tables.</summary>
public static class Show
{
    private static readonly string[] Prefixes = ["", "k", "M", "G", "T", "P", "E"];

    /// <summary>A moment in UTC; "-" where there is none.</summary>
    public static string Time(Timestamp? time) =>
        time is null ? "-" : time.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A length of time: 90 s, 2 h 5 min, 3 d 4 h; "-" where there is none.</summary>
    public static string Length(Duration? length)
    {
        if (length is null)
        {
            return "-";
        }
        TimeSpan span = length.ToTimeSpan();
        return span switch
        {
            _ when span < TimeSpan.FromMinutes(2) => Text($"{span.TotalSeconds:0.###} s"),
            _ when span < TimeSpan.FromHours(1) => Pair(span.Minutes, "min", span.Seconds, "s"),
            _ when span < TimeSpan.FromDays(1) => Pair(span.Hours, "h", span.Minutes, "min"),
            _ => Pair((long)span.TotalDays, "d", span.Hours, "h"),
        };
    }

    /// <summary>A number with a decimal prefix: 1.25 M.</summary>
    public static string Number(double value)
    {
        int step = 0;
        while (Math.Abs(value) >= 1000 && step < Prefixes.Length - 1)
        {
            value /= 1000;
            step++;
        }
        return step == 0 ? Text($"{value:0.#}") : Text($"{value:0.00} {Prefixes[step]}");
    }

    /// <summary>A share of one as a percentage.</summary>
    public static string Share(double share) => Text($"{share * 100:0} %");

    /// <summary>A limit: 0 is none, absent is the edge's own.</summary>
    public static string Limit(bool isSet, long value) => !isSet ? "-" : value == 0 ? "no limit" : Number(value);

    /// <summary>The name of an enum's value without what all of them begin with.</summary>
    public static string Word<T>(T value)
        where T : struct, System.Enum =>
        string.Concat(value.ToString().Select((letter, index) => char.IsUpper(letter) && index > 0 ? $" {char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));

    /// <summary>What stands after the collection in a resource's name.</summary>
    public static string Id(string name) => name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..];

    private static string Pair(long large, string largeUnit, int small, string smallUnit) =>
        small == 0 ? Text($"{large} {largeUnit}") : Text($"{large} {largeUnit} {small} {smallUnit}");

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
