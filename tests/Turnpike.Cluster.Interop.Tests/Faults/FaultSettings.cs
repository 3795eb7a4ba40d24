using System.Globalization;

namespace Turnpike.Cluster.Interop.Faults;

/// <summary>How long and how often things go wrong: short for every day; <c>make soak</c> sets the environment for the full length.</summary>
internal static class FaultSettings
{
    /// <summary>TURNPIKE_FAULT_SECONDS: how long each fault lasts, 8 by default. Longer than a lease and than membership.</summary>
    public static TimeSpan Length { get; } = TimeSpan.FromSeconds(Number("TURNPIKE_FAULT_SECONDS", 8));

    /// <summary>TURNPIKE_FAULT_COUNT: how many kills and faults follow one another in the test of usage, 5 by default.</summary>
    public static int Count { get; } = Number("TURNPIKE_FAULT_COUNT", 5);

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
