using Turnpike.Cluster;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Options;

/// <summary>Reads what makes this edge one of many.</summary>
internal static class ClusterReader
{
    private const int LongestName = 63;

    // An edge that is silent for less may have lost one packet.
    private const int LeastBeatsToExpiry = 3;

    public static ClusterOptions Options(SettingsReading reading, bool bound)
    {
        ClusterOptions options = reading.Get<ClusterOptions>();
        if (options.Redis.Length > 0 && ClusterStore.Problem(options.Redis) is string problem)
        {
            reading.AddProblem<ClusterOptions>(nameof(ClusterOptions.Redis), null, problem);
        }
        if (ClusterStore.IssuerProblem(options.TrustedIssuer) is string unread)
        {
            reading.AddProblem<ClusterOptions>(nameof(ClusterOptions.TrustedIssuer), options.TrustedIssuer, unread);
        }
        if (options.KeyPrefix.Length == 0)
        {
            reading.AddProblem<ClusterOptions>(nameof(ClusterOptions.KeyPrefix), options.KeyPrefix);
        }
        if (bound && options.MemberExpiry * 1000 < options.Heartbeat * LeastBeatsToExpiry)
        {
            reading.AddProblem<ClusterOptions>(nameof(ClusterOptions.MemberExpiry), Invariant(options.MemberExpiry),
                $"less than three times Cluster:Heartbeat, {Invariant(options.Heartbeat)} ms");
        }
        return options;
    }

    public static string Name(SettingsReading reading, string name)
    {
        if (name.Length == 0)
        {
            // Whatever a host may be called, the name becomes a part of keys and metrics of others.
            string host = string.Concat(Environment.MachineName.Where(IsNameLetter).Take(LongestName));
            return host.Length > 0 ? host : "edge";
        }
        Check(reading, nameof(EdgeOptions.Name), name);
        return name;
    }

    public static string Region(SettingsReading reading, string region)
    {
        Check(reading, nameof(EdgeOptions.Region), region);
        return region;
    }

    private static void Check(SettingsReading reading, string property, string text)
    {
        if (text.Length > LongestName || !text.All(IsNameLetter))
        {
            reading.AddProblem<EdgeOptions>(property, text);
        }
    }

    private static bool IsNameLetter(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_';

    private static string Invariant(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
