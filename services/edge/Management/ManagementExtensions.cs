using Microsoft.AspNetCore.Server.Kestrel.Core;
using Turnpike.Edge.Options;
using Turnpike.ServiceDefaults;

namespace Turnpike.Edge.Management;

/// <summary>The management port: probes and metrics for the operator's own network, so small limits are enough.</summary>
public static class ManagementExtensions
{
    // A few probes and Prometheus servers; above that somebody is holding connections open.
    private const int ConnectionLimit = 64;

    // No request carries a body; Kestrel's smallest buffers hold these headers. The longest line asks for the allocations of a realm, a
    // user and a tag, each percent-encoded.
    private const int HeaderBytes = 8 * 1024;
    private const int RequestLineBytes = 8 * 1024;
    private const int HeaderCount = 32;
    private static readonly TimeSpan HeaderTimeout = TimeSpan.FromSeconds(5);

    // Longer than the usual scrape interval, so that Prometheus keeps its connection.
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    public static WebApplicationBuilder AddManagement(this WebApplicationBuilder builder, EdgeSettings settings)
    {
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Limits.MaxRequestHeadersTotalSize = HeaderBytes;
            kestrel.Limits.MaxRequestLineSize = RequestLineBytes;
            kestrel.Limits.MaxRequestHeaderCount = HeaderCount;
            kestrel.Limits.RequestHeadersTimeout = HeaderTimeout;
            kestrel.Limits.KeepAliveTimeout = KeepAlive;
            kestrel.Listen(settings.Management, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                LimitConnections(listen);
            });
        });
        builder.Services.AddRequestTimeouts(timeouts => timeouts.DefaultPolicy = new() { Timeout = RequestTimeout });
        builder.Services.AddSingleton<EdgeMetrics>();
        builder.Services.AddSingleton<RelayDistributions>();
        builder.Services.AddSingleton<IServiceHealth, EdgeHealth>();
        builder.Services.AddHostedService<StartReport>();
        return builder;
    }

    // Kestrel's own limit would hold for the listeners of clients too.
    private static void LimitConnections(ListenOptions listen)
    {
        int open = 0;
        listen.Use(next => async connection =>
        {
            try
            {
                if (Interlocked.Increment(ref open) <= ConnectionLimit)
                {
                    await next(connection);
                }
                else
                {
                    connection.Abort();
                }
            }
            finally
            {
                Interlocked.Decrement(ref open);
            }
        });
    }

    public static WebApplication UseManagement(this WebApplication app)
    {
        _ = app.Services.GetRequiredService<EdgeMetrics>();
        _ = app.Services.GetRequiredService<RelayDistributions>();
        app.UseRouting();
        app.UseRequestTimeouts();
        return app;
    }
}
