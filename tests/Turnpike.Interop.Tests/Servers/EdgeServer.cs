using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using Turnpike.Interop.Processes;

namespace Turnpike.Interop.Servers;

/// <summary>The published edge, started with settings in its environment as a container would start it.</summary>
internal sealed class EdgeServer : TurnServer
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(10) };

    private EdgeServer(ChildProcess process, IPEndPoint endPoint, Uri management)
        : base(process, endPoint) => Management = management;

    /// <summary>Where health and metrics are.</summary>
    public Uri Management { get; }

    /// <summary>Starts an edge and waits until it is ready.</summary>
    public static async Task<EdgeServer> StartAsync(ServerSettings settings, params (string Key, string Value)[] more)
    {
        var endPoint = new IPEndPoint(settings.Address, settings.Port ?? Loopback.FreePort(settings.Address));
        var secure = new IPEndPoint(settings.Address, Loopback.FreePort(settings.Address));
        var management = new Uri($"http://{new IPEndPoint(settings.Address, Loopback.FreeTcpPort(settings.Address))}");
        var process = Launch(settings, endPoint, secure, management, more);
        var edge = new EdgeServer(process, endPoint, management) { SecureEndPoint = secure };
        try
        {
            await Deadline.UntilAsync("the edge is ready", StartDeadline, async () =>
            {
                Assert.False(process.HasExited, $"the edge ended at once:\n{process.Output}");
                return await edge.HealthAsync("ready") == HttpStatusCode.OK;
            });
        }
        catch (TimeoutException e)
        {
            await edge.DisposeAsync();
            throw new TimeoutException($"{e.Message}; its log:\n{process.Output}");
        }

        return edge;
    }

    /// <summary>Starts an edge that is expected to refuse its settings.</summary>
    public static ChildProcess StartExpectingRefusal(ServerSettings settings, params (string Key, string Value)[] more)
    {
        var endPoint = new IPEndPoint(settings.Address, settings.Port ?? Loopback.FreePort(settings.Address));
        var secure = new IPEndPoint(settings.Address, Loopback.FreePort(settings.Address));
        var management = new Uri($"http://{new IPEndPoint(settings.Address, Loopback.FreeTcpPort(settings.Address))}");
        return Launch(settings, endPoint, secure, management, more);
    }

    /// <summary>The status of a health endpoint; null while nothing answers there.</summary>
    public async Task<HttpStatusCode?> HealthAsync(string name)
    {
        try
        {
            using var response = await Http.GetAsync(new Uri(Management, $"/health/{name}"), TestContext.Current.CancellationToken);
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public async Task<EdgeMetrics> MetricsAsync() =>
        EdgeMetrics.Parse(await Http.GetStringAsync(new Uri(Management, "/metrics"), TestContext.Current.CancellationToken));

    private static ChildProcess Launch(
        ServerSettings settings, IPEndPoint endPoint, IPEndPoint secure, Uri management, (string Key, string Value)[] more)
    {
        Assert.True(File.Exists(Repository.PublishedEdge), $"{Repository.PublishedEdge} is missing: run `make publish` first");
        return ChildProcess.Start(Repository.PublishedEdge, [], Environment(settings, endPoint, secure, management, more));
    }

    private static Dictionary<string, string?> Environment(
        ServerSettings settings, IPEndPoint endPoint, IPEndPoint secure, Uri management, (string Key, string Value)[] more)
    {
        // Settings of the shell that runs the tests must not reach the edge.
        var environment = System.Environment.GetEnvironmentVariables().Keys.Cast<string>()
            .Where(key => key.StartsWith("Edge__", StringComparison.OrdinalIgnoreCase)
                || key.StartsWith("Cluster__", StringComparison.OrdinalIgnoreCase)
                || key.StartsWith("Telemetry__", StringComparison.OrdinalIgnoreCase)
                || key.StartsWith("OTEL_", StringComparison.Ordinal))
            .ToDictionary(key => key, _ => (string?)null);

        // The apphost looks for a runtime in the well-known places; this test runs on one already.
        environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));
        environment["Edge__Realm"] = ServerSettings.Realm;
        environment["Edge__Users__0"] = $"{ServerSettings.User}:{ServerSettings.Password}";
        environment["Edge__Management"] = management.GetLeftPart(UriPartial.Authority);
        environment["Edge__Protocol__Rfc5766ChannelNumbers"] = settings.Rfc5766ChannelNumbers ? "true" : "false";
        environment["Edge__Quota__AllocationsPerUser"] = settings.AllocationsPerUser.ToString(CultureInfo.InvariantCulture);

        // All clients of a test share an address, which no client of a real edge does in such numbers.
        environment["Edge__Quota__UnauthenticatedResponsesPerSecond"] = "0";
        if (settings.OtherFamily is { } other)
        {
            environment["Edge__Relay__Addresses__0"] = settings.Address.ToString();
            environment["Edge__Relay__Addresses__1"] = other.ToString();
        }

        if (settings.LoopbackPeers)
        {
            environment["Edge__Peers__AllowPrivate__0"] = "127.0.0.0/8";
            environment["Edge__Peers__AllowPrivate__1"] = "::1/128";
        }

        if (settings.RelayPorts is { } ports)
        {
            environment["Edge__Relay__MinPort"] = ports.Min.ToString(CultureInfo.InvariantCulture);
            environment["Edge__Relay__MaxPort"] = ports.Max.ToString(CultureInfo.InvariantCulture);
        }

        string[] listeners = [.. Listeners(settings, endPoint, secure)];
        for (int i = 0; i < listeners.Length; i++)
        {
            environment[$"Edge__Listeners__{i}"] = listeners[i];
        }

        if (settings.Certificate is { } certificate)
        {
            environment["Edge__Tls__Certificate"] = certificate.CertificateFile;
            environment["Edge__Tls__Key"] = certificate.KeyFile;
        }

        if (settings.TcpRelay)
        {
            environment["Edge__Protocol__TcpRelay"] = "true";
        }

        if (settings.Mobility)
        {
            environment["Edge__Protocol__Mobility"] = "true";
        }

        if (settings.DiscoveryAddress is { } discovery)
        {
            environment["Edge__Protocol__NatDiscovery"] = "true";
            environment["Edge__NatDiscovery__AlternateAddress"] = discovery.ToString();
            environment["Edge__NatDiscovery__AlternatePort"] = "0";
        }

        foreach ((string key, string value) in more)
        {
            environment[key] = value;
        }

        return environment;
    }

    private static IEnumerable<string> Listeners(ServerSettings settings, IPEndPoint endPoint, IPEndPoint secure)
    {
        yield return $"udp://{endPoint}";
        if (settings.Tcp)
        {
            yield return $"tcp://{endPoint}";
        }

        if (settings.Certificate is not null)
        {
            yield return $"tls://{secure}";
            yield return $"dtls://{secure}";
        }
    }
}
