using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Prometheus;

namespace Turnpike.ServiceDefaults;

/// <summary>What every executable has in common: health, metrics, build information.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>Registers metrics, build information, routing and the clock.</summary>
    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder, ServiceIdentity identity)
    {
        builder.Services.AddRoutingCore();
        builder.Services.AddMetrics();
        builder.Services.AddSingleton(identity);
        builder.Services.AddSingleton<BuildInfo>();
        builder.Services.AddSingleton<PrometheusExport>();
        builder.Services.TryAddSingleton(TimeProvider.System);
        return builder;
    }

    /// <summary>
    /// Maps <c>/health/live</c>, <c>/health/ready</c> and <c>/metrics</c>. Health asks every registered <see cref="IServiceHealth"/>.
    /// </summary>
    public static WebApplication MapServiceDefaults(this WebApplication app)
    {
        _ = app.Services.GetRequiredService<BuildInfo>();
        HealthEndpoints.Map(app);
        app.MapMetrics("/metrics", app.Services.GetRequiredService<PrometheusExport>().Registry);
        return app;
    }
}
