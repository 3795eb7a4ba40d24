using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Prometheus;

namespace Turnpike.ServiceDefaults;

/// <summary>What every executable has in common: health, metrics.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>Registers metrics, routing and the clock.</summary>
    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder, ServiceIdentity identity)
    {
        builder.Services.AddRoutingCore();
        builder.Services.AddMetrics();
        builder.Services.AddSingleton(identity);
        builder.Services.AddSingleton<PrometheusExport>();
        builder.Services.TryAddSingleton(TimeProvider.System);
        return builder;
    }

    /// <summary>
    /// Maps <c>/health/live</c>, <c>/health/ready</c> and <c>/metrics</c>. Health asks every registered <see cref="IServiceHealth"/>.
    /// </summary>
    public static WebApplication MapServiceDefaults(this WebApplication app)
    {
        HealthEndpoints.Map(app);
        app.MapMetrics("/metrics", app.Services.GetRequiredService<PrometheusExport>().Registry);
        return app;
    }
}
