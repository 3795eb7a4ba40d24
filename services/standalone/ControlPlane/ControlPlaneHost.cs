using Turnpike.ControlPlane;
using Turnpike.ControlPlane.Fleet;
using Turnpike.ControlPlane.Options;
using Turnpike.ServiceDefaults;
using Turnpike.ServiceDefaults.Settings;
using Turnpike.Standalone.Options;

namespace Turnpike.Standalone.ControlPlane;

/// <summary>
/// The control plane inside this process: a web application of its own, because its ports, limits and callers are not those of the
/// edge's management port. It starts after the edge and ends with it, so it answers while the edge drains.
/// </summary>
internal sealed class ControlPlaneHost(ServiceStart<StandaloneSettings> start, IHostApplicationLifetime lifetime) : IHostedService, IAsyncDisposable
{
    private readonly WebApplication _app = Build(start);

    /// <summary>Where gRPC is served, with its real port.</summary>
    public Uri Grpc => Reachable(_app.Urls.ElementAt(0));

    /// <summary>Where REST and the pages are served, with its real port.</summary>
    public Uri Http => Reachable(_app.Urls.ElementAt(1));

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _app.StartAsync(cancellationToken);
        }
        catch (Exception exception) when (ControlPlaneRun.Problem(exception, start.Settings.ControlPlane) is not null)
        {
            await _app.StopAsync(CancellationToken.None);
            throw new SettingsException(ControlPlaneRun.Problem(exception, start.Settings.ControlPlane)!, exception);
        }
        // A part that cannot go on ends the whole, which whoever supervises it starts again.
        _app.Lifetime.ApplicationStopping.Register(lifetime.StopApplication);
    }

    public Task StopAsync(CancellationToken cancellationToken) => _app.StopAsync(cancellationToken);

    /// <summary>Done when credentials for the edge can be issued.</summary>
    public async Task UntilEdgeIsKnownAsync(CancellationToken cancellationToken)
    {
        EdgeDirectory directory = _app.Services.GetRequiredService<EdgeDirectory>();
        while (true)
        {
            Task next = directory.Next;
            if (directory.Current.Any(edge => edge.State == "ready"))
            {
                return;
            }
            await next.WaitAsync(cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static WebApplication Build(ServiceStart<StandaloneSettings> start)
    {
        WebApplicationBuilder builder = start.CreateBuilder();
        builder.AddServiceDefaults(ServiceIdentity.Of("control-plane", typeof(ControlPlaneSettings).Assembly));
        builder.AddControlPlane(start.Settings.ControlPlane);
        builder.Services.AddSingleton<IHostLifetime, NestedLifetime>();
        WebApplication app = builder.Build();
        app.UseControlPlane();
        return app;
    }

    // A wildcard is no address to go to.
    private static Uri Reachable(string url)
    {
        UriBuilder address = new(url);
        address.Host = address.Host switch { "0.0.0.0" => "127.0.0.1", "[::]" => "[::1]", var host => host };
        return address.Uri;
    }

    /// <summary>Signals are the edge's to answer: it drains first.</summary>
    private sealed class NestedLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
