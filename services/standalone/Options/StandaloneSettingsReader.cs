using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Turnpike.Cluster;
using Turnpike.ControlPlane.Options;
using Turnpike.Edge.Options;
using Turnpike.ServiceDefaults.Settings;
using Turnpike.Standalone.Store;

namespace Turnpike.Standalone.Options;

/// <summary>Turns the bound options into <see cref="StandaloneSettings"/>, and fills in what this executable brings along.</summary>
public static class StandaloneSettingsReader
{
    private const int SecretBytes = 24;
    private const long MiB = 1024 * 1024;

    /// <summary>The settings, or null when <see cref="SettingsReading.Problems"/> has lines.</summary>
    public static StandaloneSettings? Read(SettingsReading reading)
    {
        StandaloneOptions standalone = reading.Get<StandaloneOptions>();
        if (reading.Get<ClusterOptions>().Redis.Length > 0)
        {
            reading.AddProblem("Cluster:Redis: the standalone brings its own store; remove the setting, or run turnpike-edge with it");
        }
        if (standalone.StorePassword.Any(letter => letter is ',' or <= ' ' or > '~'))
        {
            reading.AddProblem<StandaloneOptions>(nameof(StandaloneOptions.StorePassword), null);
        }
        bool isNew = standalone.StorePassword.Length == 0;
        string password = isNew ? EmbeddedStore.NewPassword() : standalone.StorePassword;
        int port = ReadPort(reading, standalone.StorePort);
        reading.Provide<ClusterOptions>(nameof(ClusterOptions.Redis), EmbeddedStore.ConnectionStringOf(port, password));
        EdgeOptions edge = reading.Get<EdgeOptions>();
        if (edge.Secrets.Length == 0 && edge.Users.Length == 0 && edge.ThirdPartyAuthorization.Keys.Length == 0)
        {
            // Known to nobody but the reader of the screen, and gone with the process.
            string[] secrets = [RandomNumberGenerator.GetHexString(2 * SecretBytes, lowercase: true)];
            reading.Provide<EdgeOptions>(nameof(EdgeOptions.Secrets), secrets);
        }
        string? token = ProvideCallers(reading, edge);
        ControlPlaneSettings? controlPlane = ControlPlaneSettingsReader.Read(reading);
        return EdgeSettingsReader.Read(reading) is { } settings && controlPlane is not null
            ? new StandaloneSettings
            {
                Edge = settings,
                // What there is to warn about, the edge says.
                ControlPlane = controlPlane with { Warnings = [] },
                OperatorToken = token,
                StorePort = port,
                StorePassword = password,
                StorePasswordIsNew = isNew,
                StoreMemory = standalone.StoreMemory * MiB,
            }
            : null;
    }

    // The control plane speaks of the realm that the edge announces. Where nobody is named who may call it, the reader of the screen may.
    private static string? ProvideCallers(SettingsReading reading, EdgeOptions edge)
    {
        ControlPlaneOptions options = reading.Get<ControlPlaneOptions>();
        if (!reading.IsSet<ControlPlaneOptions>(nameof(ControlPlaneOptions.DefaultRealm)))
        {
            reading.Provide<ControlPlaneOptions>(nameof(ControlPlaneOptions.DefaultRealm), edge.Realm);
        }
        else if (options.DefaultRealm != edge.Realm)
        {
            reading.AddProblem<ControlPlaneOptions>(nameof(ControlPlaneOptions.DefaultRealm), options.DefaultRealm, $"not Edge:Realm, {edge.Realm}");
        }
        if (options.Tokens.Length > 0 || options.ClientCertificates.Length > 0 || options.Jwt.Issuer.Length > 0)
        {
            return null;
        }
        string token = RandomNumberGenerator.GetHexString(2 * SecretBytes, lowercase: true);
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        reading.Provide<ControlPlaneOptions>(nameof(ControlPlaneOptions.Tokens), new[] { $"operator:operator:{hash}" });
        return token;
    }

    private static int ReadPort(SettingsReading reading, int wanted)
    {
        try
        {
            return EmbeddedStore.FreePort(wanted);
        }
        catch (SocketException exception)
        {
            reading.AddProblem<StandaloneOptions>(
                nameof(StandaloneOptions.StorePort), wanted.ToString(CultureInfo.InvariantCulture), $"cannot listen there ({exception.Message.TrimEnd('.')})");
            return wanted;
        }
    }
}
