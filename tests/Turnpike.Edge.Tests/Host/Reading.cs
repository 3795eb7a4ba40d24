using Microsoft.Extensions.Configuration;
using Turnpike.Edge.Options;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Tests.Host;

/// <summary>Reads settings from pairs, as a start would.</summary>
internal static class Reading
{
    public const string Secret = "a-secret-of-many-characters";

    /// <summary>Binds the pairs; of two with the same key the later one counts.</summary>
    public static SettingsReading Bind(params (string Key, string? Value)[] pairs)
    {
        ConfigurationManager configuration = new();
        foreach ((string key, string? value) in pairs)
        {
            configuration[key] = value;
        }
        return EdgeSettings.Catalog.Read(configuration);
    }

    /// <summary>Settings that must be good; a secret is added so that only the named pairs matter.</summary>
    public static EdgeSettings Good(params (string Key, string? Value)[] pairs)
    {
        SettingsReading reading = Bind([("Edge:Secrets:0", Secret), .. pairs]);
        EdgeSettings? settings = EdgeSettingsReader.Read(reading);
        Assert.Empty(reading.Problems);
        return settings!;
    }

    /// <summary>The problems of settings that must be bad.</summary>
    public static IReadOnlyList<string> Bad(params (string Key, string? Value)[] pairs)
    {
        SettingsReading reading = Bind([("Edge:Secrets:0", Secret), .. pairs]);
        Assert.Null(EdgeSettingsReader.Read(reading));
        Assert.NotEmpty(reading.Problems);
        Assert.All(reading.Problems, problem => Assert.DoesNotContain('\n', problem));
        return reading.Problems;
    }
}
