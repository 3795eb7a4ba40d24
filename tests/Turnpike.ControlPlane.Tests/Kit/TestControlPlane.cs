using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Options;
using Turnpike.ServiceDefaults;
using Turnpike.Stores;

namespace Turnpike.ControlPlane.Tests;

/// <summary>
/// The real control plane on ports of the system's choice, with a real redis-server behind it unless it shares another one's. Its
/// callers are those of <see cref="Tokens"/>.
/// </summary>
internal sealed class TestControlPlane : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;
    private readonly IStore _store;
    private readonly bool _owns;

    private TestControlPlane(WebApplication app, IStore store, bool owns, RecordedLog log)
    {
        _app = app;
        _store = store;
        _owns = owns;
        Log = log;
        Uri[] addresses = [.. app.Urls.Select(url => new Uri(url))];
        Grpc = addresses[0];
        Http = addresses[1];
        _channel = GrpcChannel.ForAddress(Grpc);
    }

    /// <summary>Where the store is a redis-server, which it is unless a test brings another kind.</summary>
    public RedisServer Redis => (RedisServer)_store;

    public RecordedLog Log { get; }

    /// <summary>The gRPC port.</summary>
    public Uri Grpc { get; }

    /// <summary>The REST port.</summary>
    public Uri Http { get; }

    public IServiceProvider Services => _app.Services;

    public ClusterStore Store => Services.GetRequiredService<ClusterStore>();

    public RealmStore Realms => new(Store);

    public UserStore Users => new(Store);

    public RevocationStore Revocations => new(Store);

    public Membership Membership => new(Store);

    /// <summary>Starts one with a redis-server of its own.</summary>
    public static async Task<TestControlPlane> StartAsync(params string[] settings)
    {
        RedisServer redis = await RedisServer.StartAsync();
        try
        {
            return await StartAsync(redis, owns: true, settings, null);
        }
        catch
        {
            await redis.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts another one on a store that is there already.</summary>
    /// <param name="store">The caller ends it.</param>
    /// <param name="settings">As on the command line: <c>--ControlPlane:CallsPerSecond=5</c>.</param>
    /// <param name="services">Replaces services, such as the clock.</param>
    public static Task<TestControlPlane> StartAsync(IStore store, string[] settings, Action<IServiceCollection>? services = null) =>
        StartAsync(store, owns: false, settings, services);

    public CredentialService.CredentialServiceClient Credentials(string? token = Tokens.Operator) => new(Invoker(token));

    public RealmService.RealmServiceClient RealmService(string? token = Tokens.Operator) => new(Invoker(token));

    public UsageService.UsageServiceClient Usage(string? token = Tokens.Operator) => new(Invoker(token));

    public FleetService.FleetServiceClient Fleet(string? token = Tokens.Operator) => new(Invoker(token));

    public WebhookService.WebhookServiceClient Webhooks(string? token = Tokens.Operator) => new(Invoker(token));

    /// <summary>What generated clients are made from: calls with a token, or without one where it is null.</summary>
    public CallInvoker Invoker(string? token = Tokens.Operator, string? origin = null) => _channel.Intercept(headers =>
    {
        if (token is not null)
        {
            headers.Add("authorization", $"Bearer {token}");
        }
        if (origin is not null)
        {
            headers.Add("origin", origin);
        }
        return headers;
    });

    /// <summary>A client of the REST port. The caller disposes it.</summary>
    public HttpClient Rest(string? token = Tokens.Operator)
    {
        // A client that has asked whether it may send its body (Expect) waits for the answer, however busy the machine is.
        HttpClient client = new(new SocketsHttpHandler { Expect100ContinueTimeout = Until.Limit }) { BaseAddress = Http };
        if (token is not null)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
        return client;
    }

    /// <summary>Says that an edge is there, as its heartbeat does.</summary>
    public Task BeatAsync(EdgeRecord edge) => Membership.BeatAsync(edge, 0);

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (_owns)
        {
            await _store.DisposeAsync();
        }
    }

    private static async Task<TestControlPlane> StartAsync(IStore store, bool owns, string[] settings, Action<IServiceCollection>? services)
    {
        ServiceIdentity identity = ServiceIdentity.Of("control-plane", typeof(ControlPlaneSettings).Assembly);
        StringWriter problems = new();
        ServiceStart<ControlPlaneSettings> start = ServiceStart.Read(
            identity,
            ["--ControlPlane:Grpc=http://127.0.0.1:0", "--ControlPlane:Http=http://127.0.0.1:0", $"--Cluster:Redis={store.ConnectionString}", .. Tokens.Settings, .. settings],
            ControlPlaneSettings.Catalog,
            ControlPlaneSettingsReader.Read,
            output: problems,
            error: problems);
        Assert.True(start.ExitCode is null, problems.ToString());
        WebApplicationBuilder builder = start.CreateBuilder();
        RecordedLog log = new();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.AddServiceDefaults(identity);
        builder.AddControlPlane(start.Settings);
        services?.Invoke(builder.Services);
        WebApplication app = builder.Build();
        app.UseControlPlane();
        await app.StartAsync();
        await ListensAsync(app.Services.GetRequiredService<ClusterStore>());
        return new TestControlPlane(app, store, owns, log);
    }

    // The store is there a moment before announcements are heard; what is announced meanwhile would be noticed seconds later only.
    private static async Task ListensAsync(ClusterStore store)
    {
        const string Nothing = "tests";
        TaskCompletionSource heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
        store.Notified += OnNotified;
        await store.WaitUntilAvailableAsync(TestContext.Current.CancellationToken);
        await Until.TrueAsync("announcements are heard", async () =>
        {
            await store.QueryAsync(database => database.PublishAsync(RedisChannel.Literal(store.Keys.Notify), Nothing));
            return heard.Task.IsCompleted;
        });
        store.Notified -= OnNotified;

        void OnNotified(string what)
        {
            if (what == Nothing)
            {
                heard.TrySetResult();
            }
        }
    }
}
