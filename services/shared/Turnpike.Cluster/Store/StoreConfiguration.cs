using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>Reads the operator's configuration string and adds what a process that must not wait needs.</summary>
internal static class StoreConfiguration
{
    // How often the client library looks for lost connections and overdue answers; its default is a second.
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(500);

    private const int KeepAliveSeconds = 10;

    /// <summary>What is wrong with a configuration string, or null. Names the part by its number: its text may be a piece of a password.</summary>
    public static string? Problem(string text)
    {
        const string NoServer = "names no server; HOST:PORT is needed";
        if (string.IsNullOrWhiteSpace(text))
        {
            return NoServer;
        }
        string[] parts = text.Split(',');
        for (int i = 0; i < parts.Length; i++)
        {
            if (!Parses(parts[i]))
            {
                return string.Create(CultureInfo.InvariantCulture,
                    $"part {i + 1} of {parts.Length}, as commas separate them, is neither HOST:PORT nor a known option=value "
                    + $"(a password cannot contain a comma)");
            }
        }
        return ConfigurationOptions.Parse(text).EndPoints.Count == 0 ? NoServer : null;
    }

    /// <summary>What is wrong with the file of an issuer, or null; an empty name is none.</summary>
    public static string? IssuerProblem(string file)
    {
        try
        {
            using X509Certificate2? issuer = file.Length == 0 ? null : X509CertificateLoader.LoadCertificate(File.ReadAllBytes(file));
            return null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return problem.Message.TrimEnd('.');
        }
    }

    /// <summary>The options of the connection.</summary>
    /// <exception cref="ArgumentException">The string has a <see cref="Problem"/>.</exception>
    public static ConfigurationOptions Build(ClusterOptions options)
    {
        if (Problem(options.Redis) is string problem)
        {
            throw new ArgumentException($"Cluster:Redis: {problem}", nameof(options));
        }
        ConfigurationOptions configuration = ConfigurationOptions.Parse(options.Redis);
        if (options.TrustedIssuer.Length > 0)
        {
            configuration.TrustIssuer(options.TrustedIssuer);
        }
        configuration.AbortOnConnectFail = false;
        configuration.ConnectRetry = 1;
        configuration.ConnectTimeout = options.ConnectTimeout;
        configuration.SyncTimeout = configuration.AsyncTimeout = options.Timeout;
        configuration.ReconnectRetryPolicy = new ReconnectBackoff(options.ConnectTimeout);
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.HeartbeatInterval = Heartbeat;
        configuration.KeepAlive = KeepAliveSeconds;
        configuration.ClientName ??= "turnpike";
        // With RESP3 a push shares the connection with answers; RESP2 works with every server, and the operator may choose.
        configuration.Protocol ??= RedisProtocol.Resp2;
        // Scripts publish on the plain name of the channel.
        configuration.ChannelPrefix = default;
        // The library's own key and channel are not under the prefix that an ACL would allow.
        configuration.TieBreaker = "";
        configuration.ConfigurationChannel = "";
        // Neither commands nor keys in messages: keys carry names of users.
        configuration.IncludeDetailInExceptions = false;
        configuration.IncludePerformanceCountersInExceptions = false;
        return configuration;
    }

    private static bool Parses(string part)
    {
        try
        {
            ConfigurationOptions.Parse(part);
            return true;
        }
        catch (Exception problem) when (problem is ArgumentException or FormatException or OverflowException)
        {
            // The library has no other way to ask; this runs once, at start.
            return false;
        }
    }
}
