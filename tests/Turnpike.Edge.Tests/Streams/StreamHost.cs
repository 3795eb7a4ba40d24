using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Turnpike.Edge.Management;
using Turnpike.Edge.Options;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Edge.Transport;
using Turnpike.Edge.Transport.Streams;
using Turnpike.ServiceDefaults;
using Turnpike.ServiceDefaults.Tls;

namespace Turnpike.Edge.Tests.Streams;

/// <summary>The edge as Program.cs composes it, with listeners for streams on loopback.</summary>
internal sealed class StreamHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StreamHost(WebApplication app) => _app = app;

    public EdgeRelay Relay => _app.Services.GetRequiredService<EdgeRelay>();

    public ServerCertificates Certificates => _app.Services.GetRequiredService<ServerCertificates>();

    public RelaySnapshot Snapshot => Relay.Read();

    public static Task<StreamHost> StartAsync(params (string Key, string? Value)[] pairs) => StartAsync(TimeProvider.System, pairs);

    public static async Task<StreamHost> StartAsync(TimeProvider time, params (string Key, string? Value)[] pairs)
    {
        WebApplication app = Build(time, pairs);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new StreamHost(app);
    }

    public static WebApplication Build(TimeProvider time, params (string Key, string? Value)[] pairs)
    {
        ServiceIdentity identity = ServiceIdentity.Of("edge", typeof(EdgeSettings).Assembly);
        (string Key, string? Value)[] all =
        [
            ("Edge:Listeners:0", "tcp://127.0.0.1:0"),
            ("Edge:Management", "http://127.0.0.1:0"),
            ("Edge:Users:0", $"{RunningRelay.User}:{RunningRelay.Password}"),
            ("Edge:Peers:AllowPrivate:0", "127.0.0.0/8"),
            ("Logging:LogLevel:Default", "Error"),
            .. pairs,
        ];
        ServiceStart<EdgeSettings> start = ServiceStart.Read(
            identity,
            [.. all.GroupBy(pair => pair.Key).Select(group => $"--{group.Key}={group.Last().Value}")],
            EdgeSettings.Catalog,
            EdgeSettingsReader.Read);
        Assert.Null(start.ExitCode);
        WebApplicationBuilder builder = start.CreateBuilder();
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(start.Settings);
        builder.Services.AddRelay();
        builder.AddServiceDefaults(identity).AddManagement(start.Settings).AddStreams();
        WebApplication app = builder.Build();
        app.UseManagement();
        app.MapServiceDefaults();
        return app;
    }

    /// <summary>Where a listener is, by its URL's scheme and transport: the first that matches.</summary>
    public IPEndPoint Address(string scheme = "turn", string transport = "tcp")
    {
        string url = Relay.ListenerUrls.First(url => url.StartsWith($"{scheme}:", StringComparison.Ordinal)
            && url.EndsWith($"transport={transport}", StringComparison.Ordinal));
        string[] parts = url.Split(':', '?');
        return new IPEndPoint(IPAddress.Parse(parts[1]), int.Parse(parts[2], CultureInfo.InvariantCulture));
    }

    public Task<StreamClient> ConnectAsync() => StreamClient.ConnectAsync(Address());

    public long Open(string transport) => Snapshot.Streams.Open.Single(count => count.Name == transport).Count;

    public long Closed(string reason) => Snapshot.Streams.Closed.Single(count => count.Name == reason).Count;

    public long Dropped(string reason) => Snapshot.SocketSendDrops.Single(count => count.Name == reason).Count;

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}
