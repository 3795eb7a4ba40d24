using System.Globalization;
using Turnpike.Scaling;

namespace Turnpike.ControlPlane.Scaling;

/// <summary>The parts of a policy that are written as text: targets, rates and windows of the schedule. Each says what is wrong, or null.</summary>
internal static class PolicyText
{
    public const int MostReplicas = 10_000;
    private const int LongestPeriod = 1800;
    private const string Daily = "daily";
    private static readonly string[] DayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    /// <summary><c>allocations</c>, <c>relay-ports</c> …</summary>
    public static string Name(Dimension dimension) => dimension switch
    {
        Dimension.Allocations => "allocations",
        Dimension.RelayPorts => "relay-ports",
        Dimension.PacketsPerSecond => "packets-per-second",
        Dimension.BitsPerSecond => "bits-per-second",
        _ => "shard-busy",
    };

    /// <summary>Reads <c>DIMENSION:PERCENT</c>.</summary>
    public static string? ReadTarget(string text, out Dimension dimension, out double target)
    {
        string[] parts = text.Split(':');
        int found = parts.Length == 2 ? Figures.Dimensions.ToList().FindIndex(each => Name(each) == parts[0]) : -1;
        dimension = (Dimension)found;
        target = 0;
        if (found < 0)
        {
            return "not a dimension and a percentage";
        }
        if (!Number(parts[1], 10, 100, out int percent))
        {
            return "the percentage is not 10 to 100";
        }
        target = percent / 100.0;
        return null;
    }

    /// <summary>Reads <c>Pods:VALUE:SECONDS</c> or <c>Percent:VALUE:SECONDS</c>.</summary>
    public static string? ReadRate(string text, out RatePolicy policy)
    {
        policy = default;
        string[] parts = text.Split(':');
        if (parts.Length != 3 || !Enum.GetNames<RateType>().Contains(parts[0], StringComparer.OrdinalIgnoreCase))
        {
            return "neither Pods nor Percent with a value and a time";
        }
        if (!Number(parts[1], 1, MostReplicas, out int value))
        {
            return $"the value is not 1 to {MostReplicas}";
        }
        if (!Number(parts[2], 1, LongestPeriod, out int seconds))
        {
            return $"the time is not 1 to {LongestPeriod} seconds";
        }
        policy = new RatePolicy(Enum.Parse<RateType>(parts[0], ignoreCase: true), value, TimeSpan.FromSeconds(seconds));
        return null;
    }

    /// <summary>Reads <c>DAYS FROM-TO ZONE min=N max=N</c>.</summary>
    public static string? ReadWindow(string text, out ScalingWindow? window)
    {
        window = null;
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length is < 4 or > 5)
        {
            return "not days, hours, a time zone, and min= or max=";
        }
        if (!ReadDays(words[0], out List<DayOfWeek> days))
        {
            return $"{words[0]} are no days";
        }
        string[] hours = words[1].Split('-');
        if (hours.Length != 2 || !Time(hours[0], out TimeOnly from) || !Time(hours[1], out TimeOnly to))
        {
            return $"{words[1]} are no hours such as 08:00-18:00";
        }
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(words[2], out TimeZoneInfo? zone))
        {
            return $"this system knows no time zone {words[2]}";
        }
        int? min = null;
        int? max = null;
        foreach (string bound in words[3..])
        {
            bool isMin = bound.StartsWith("min=", StringComparison.Ordinal);
            if ((!isMin && !bound.StartsWith("max=", StringComparison.Ordinal)) || !Number(bound[4..], 1, MostReplicas, out int number) || (isMin ? min : max) is not null)
            {
                return $"{bound} is neither min=N nor max=N with 1 to {MostReplicas}, once each";
            }
            _ = isMin ? min = number : max = number;
        }
        if (min > max)
        {
            return "min is more than max";
        }
        window = new ScalingWindow(days, from, to, zone, min, max);
        return null;
    }

    /// <summary>A window as it is read.</summary>
    public static string Write(ScalingWindow window)
    {
        string days = window.Days.Count == DayNames.Length ? Daily : string.Join(',', window.Days.Select(day => DayNames[(int)day]));
        string min = window.MinReplicas is int fewest ? string.Create(CultureInfo.InvariantCulture, $" min={fewest}") : "";
        string max = window.MaxReplicas is int most ? string.Create(CultureInfo.InvariantCulture, $" max={most}") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{days} {window.From:HH:mm}-{window.To:HH:mm} {window.Zone.Id}{min}{max}");
    }

    // mon-fri, sat,sun, fri-mon, daily
    private static bool ReadDays(string text, out List<DayOfWeek> days)
    {
        days = [];
        if (text == Daily)
        {
            days = [.. Enum.GetValues<DayOfWeek>()];
            return true;
        }
        foreach (string part in text.Split(','))
        {
            int[] ends = [.. part.Split('-').Select(name => Array.IndexOf(DayNames, name.ToLowerInvariant()))];
            if (ends.Length is not (1 or 2) || ends.Contains(-1))
            {
                return false;
            }
            for (int day = ends[0]; ; day = (day + 1) % DayNames.Length)
            {
                if (!days.Contains((DayOfWeek)day))
                {
                    days.Add((DayOfWeek)day);
                }
                if (day == ends[^1])
                {
                    break;
                }
            }
        }
        return true;
    }

    private static bool Time(string text, out TimeOnly time) => TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out time);

    private static bool Number(string text, int least, int most, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most;
}
