using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Turnpike.Edge.Cluster;
using Turnpike.Edge.Management;
using Turnpike.Edge.Options;
using Turnpike.ServiceDefaults;

namespace Turnpike.Edge.Tests.Host;

/// <summary>The edge as Program.cs composes it, with a fake relay and a management port of the system's choice.</summary>
internal sealed class EdgeHost : IAsyncDisposable
{
    private EdgeHost(WebApplication app)
    {
        App = app;
        Client = new HttpClient { BaseAddress = new Uri(StartReport.ManagementUrl(app.Services.GetRequiredService<IServer>())) };
    }

    public WebApplication App { get; }

    public HttpClient Client { get; }

    public static Task<EdgeHost> StartAsync(FakeRelay relay, params string[] arguments) => StartAsync(relay, health: null, arguments);

    /// <summary>The same with a part that has something to say about its health.</summary>
    public static async Task<EdgeHost> StartAsync(FakeRelay relay, IServiceHealth? health, params string[] arguments)
    {
        WebApplication app = Build(relay, "127.0.0.1:0", health, extra: null, arguments);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new EdgeHost(app);
    }

    public static WebApplication Build(FakeRelay relay, string management, IHostedService? extra = null) =>
        Build(relay, management, health: null, extra, []);

    private static WebApplication Build(FakeRelay relay, string management, IServiceHealth? health, IHostedService? extra, string[] arguments)
    {
        ServiceIdentity identity = ServiceIdentity.Of("edge", typeof(EdgeSettings).Assembly);
        ServiceStart<EdgeSettings> start = ServiceStart.Read(
            identity,
            ["--Edge:Secrets:0", Reading.Secret, $"--Edge:Management=http://{management}", "--Logging:LogLevel:Default=Error", .. arguments],
            EdgeSettings.Catalog,
            EdgeSettingsReader.Read);
        WebApplicationBuilder builder = start.CreateBuilder();
        builder.Services.AddSingleton(start.Settings);
        builder.Services.AddSingleton<IRelay>(relay);
        builder.Services.AddCluster(start.Settings);
        builder.AddServiceDefaults(identity).AddManagement(start.Settings);
        builder.Services.AddDrain();
        if (health is not null)
        {
            builder.Services.AddSingleton(health);
        }
        if (extra is not null)
        {
            builder.Services.AddSingleton(extra);
        }
        WebApplication app = builder.Build();
        app.UseManagement();
        app.MapServiceDefaults();
        app.MapCluster();
        return app;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.DisposeAsync();
    }
}
