using Turnpike.Edge.Cluster;
using Turnpike.Edge.Management;
using Turnpike.Edge.Options;
using Turnpike.Edge.Tracing;
using Turnpike.Edge.Transport;
using Turnpike.Edge.Transport.Streams;
using Turnpike.ServiceDefaults;
using Turnpike.ServiceDefaults.Telemetry;

namespace Turnpike.Edge;

/// <summary>The edge as a whole: what its own executable is made of, and what another executable that has an edge in it adds.</summary>
public static class EdgeExtensions
{
    /// <summary>Registers the relay, its management port and its drain.</summary>
    public static WebApplicationBuilder AddEdge(this WebApplicationBuilder builder, ServiceIdentity identity, EdgeSettings settings)
    {
        builder.Services.AddSingleton(settings);
        builder.Services.AddRelay().AddCluster(settings).AddTracing(settings);
        builder.AddServiceDefaults(identity).AddTelemetry(identity, settings.Name, settings.Telemetry).AddManagement(settings).AddStreams();
        builder.Services.AddDrain();
        return builder;
    }

    /// <summary>Maps the management port's paths.</summary>
    public static WebApplication UseEdge(this WebApplication app)
    {
        app.UseManagement();
        app.MapServiceDefaults();
        app.MapCluster();
        return app;
    }
}
