using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Turnpike.Cluster.Interop.Fleet;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;

namespace Turnpike.ControlPlane.Interop.Fleet;

/// <summary>The published control plane, started with settings in its environment as a container would start it.</summary>
internal sealed class ControlPlaneServer : IAsyncDisposable, ILogging
{
    /// <summary>A token that may do everything.</summary>
    public const string Token = "operator-token-of-interop-tests";

    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(60);
    private static readonly HttpClient Probe = new() { Timeout = TimeSpan.FromSeconds(10) };

    private readonly GrpcChannel _channel;

    private ControlPlaneServer(ChildProcess process, Uri grpc, Uri http)
    {
        Process = process;
        Grpc = grpc;
        Http = http;
        _channel = GrpcChannel.ForAddress(grpc);
    }

    public ChildProcess Process { get; }

    /// <summary>The gRPC port.</summary>
    public Uri Grpc { get; }

    /// <summary>The REST port.</summary>
    public Uri Http { get; }

    public string Log => $"The log of the control plane at {Http}:\n{Process.Output}";

    /// <summary>Starts one and waits until it is ready.</summary>
    /// <param name="redis">The store, as <c>Cluster:Redis</c> has it.</param>
    /// <param name="more">Settings in addition; later ones win.</param>
    public static async Task<ControlPlaneServer> StartAsync(string redis, params (string Key, string Value)[] more)
    {
        IPAddress address = Loopback.NextAddress();
        int grpc = Loopback.FreeTcpPort(address);
        int http = Loopback.FreeTcpPort(address);
        return await StartAsync(redis, new IPEndPoint(address, grpc), new IPEndPoint(address, http), more);
    }

    /// <summary>The same at addresses of the caller's choice: those of one that has ended, say.</summary>
    public static async Task<ControlPlaneServer> StartAsync(string redis, IPEndPoint grpc, IPEndPoint http, params (string Key, string Value)[] more)
    {
        Assert.True(File.Exists(Repository.PublishedControlPlane), $"{Repository.PublishedControlPlane} is missing: run `make publish` first");
        ChildProcess process = ChildProcess.Start(Repository.PublishedControlPlane, [], Environment(redis, grpc, http, more));
        var server = new ControlPlaneServer(process, new Uri($"http://{grpc}"), new Uri($"http://{http}"));
        try
        {
            await Deadline.UntilAsync("the control plane is ready", StartDeadline, async () =>
            {
                Assert.False(process.HasExited, $"the control plane ended at once:\n{process.Output}");
                return await server.HealthAsync("ready") == HttpStatusCode.OK;
            });
        }
        catch (TimeoutException e)
        {
            await server.DisposeAsync();
            throw new TimeoutException($"{e.Message}; its log:\n{process.Output}");
        }

        return server;
    }

    /// <summary>A token as <c>ControlPlane:Tokens</c> wants it.</summary>
    public static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>The status of a health endpoint; null while nothing answers there.</summary>
    public async Task<HttpStatusCode?> HealthAsync(string name)
    {
        try
        {
            using HttpResponseMessage response = await Probe.GetAsync(new Uri(Http, $"/health/{name}"), TestContext.Current.CancellationToken);
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>What generated clients are made from: calls with a token.</summary>
    public CallInvoker Invoker(string token = Token) => _channel.Intercept(headers =>
    {
        headers.Add("authorization", $"Bearer {token}");
        return headers;
    });

    /// <summary>A client of the REST port. The caller disposes it.</summary>
    public HttpClient Rest(string token = Token)
    {
        HttpClient client = new() { BaseAddress = Http };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await Process.DisposeAsync();
    }

    private static Dictionary<string, string?> Environment(string redis, IPEndPoint grpc, IPEndPoint http, (string Key, string Value)[] more)
    {
        // Settings of the shell that runs the tests must not reach the control plane.
        var environment = System.Environment.GetEnvironmentVariables().Keys.Cast<string>()
            .Where(key => key.StartsWith("ControlPlane__", StringComparison.OrdinalIgnoreCase)
                || key.StartsWith("Cluster__", StringComparison.OrdinalIgnoreCase)
                || key.StartsWith("Telemetry__", StringComparison.OrdinalIgnoreCase)
                || key.StartsWith("OTEL_", StringComparison.Ordinal))
            .ToDictionary(key => key, _ => (string?)null);

        // The apphost looks for a runtime in the well-known places; this test runs on one already.
        environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));
        environment["ControlPlane__Grpc"] = $"http://{grpc}";
        environment["ControlPlane__Http"] = $"http://{http}";
        environment["ControlPlane__DefaultRealm"] = ServerSettings.Realm;
        environment["ControlPlane__Tokens__0"] = $"admin:operator:{Hash(Token)}";
        environment["Cluster__Redis"] = redis;
        foreach ((string key, string value) in more)
        {
            environment[key] = value;
        }

        return environment;
    }
}
