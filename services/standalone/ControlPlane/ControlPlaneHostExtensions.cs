using Turnpike.ServiceDefaults;
using Turnpike.Standalone.Options;

namespace Turnpike.Standalone.ControlPlane;

internal static class ControlPlaneHostExtensions
{
    /// <summary>Puts the control plane beside the edge. After the edge, so that its store has an edge to show.</summary>
    public static WebApplicationBuilder AddNestedControlPlane(this WebApplicationBuilder builder, ServiceStart<StandaloneSettings> start)
    {
        builder.Services
            .AddSingleton(provider => new ControlPlaneHost(start, provider.GetRequiredService<IHostApplicationLifetime>()))
            .AddHostedService(provider => provider.GetRequiredService<ControlPlaneHost>());
        return builder;
    }
}
