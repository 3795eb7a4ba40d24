using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Turnpike.Cluster;
using Turnpike.Edge.Management;
using Turnpike.Edge.Options;
using Turnpike.Edge.Transport;
using Turnpike.ServiceDefaults;

namespace Turnpike.Edge.Cluster;

public static class ClusterExtensions
{
    /// <summary>Makes the edge a member of a cluster where a store is named; else it is alone, and nothing is added.</summary>
    public static IServiceCollection AddCluster(this IServiceCollection services, EdgeSettings settings)
    {
        if (settings.Cluster.Redis.Length == 0)
        {
            return services;
        }
        return services
            .AddSingleton<EdgeCluster>()
            .AddSingleton<IRelayRules>(provider => provider.GetRequiredService<EdgeCluster>())
            .AddSingleton<ClusterLink>()
            .AddSingleton<IServiceHealth, ClusterHealth>()
            .AddHostedService(provider => provider.GetRequiredService<ClusterLink>());
    }

    /// <summary>Serves the control plane what it asks an edge of a cluster for.</summary>
    public static WebApplication MapCluster(this WebApplication app)
    {
        if (app.Services.GetService<EdgeCluster>() is not { } cluster)
        {
            return app;
        }
        AllocationEndpoint endpoint = new(cluster, app.Services.GetRequiredService<TimeProvider>());
        app.MapGet(AllocationAccess.Path, endpoint.AnswerAsync);
        EdgeSettings settings = app.Services.GetRequiredService<EdgeSettings>();
        IServer server = app.Services.GetRequiredService<IServer>();
        app.Lifetime.ApplicationStarted.Register(() => cluster.Management = ManagementUrl(settings, server));
        return app;
    }

    // Of a wildcard the first address that is not loopback: in a pod there is only one. Port 0 is known once the system has chosen.
    private static string ManagementUrl(EdgeSettings settings, IServer server)
    {
        IPEndPoint management = settings.Management;
        int port = management.Port;
        if (port == 0 && Uri.TryCreate(StartReport.ManagementUrl(server), UriKind.Absolute, out Uri? url))
        {
            port = url.Port;
        }
        if (settings.ManagementUrl is { } told)
        {
            return new UriBuilder(told) { Port = told.Port == 0 ? port : told.Port }.Uri.GetLeftPart(UriPartial.Authority);
        }
        IPAddress address = LocalAddresses.Expand(management.Address).FirstOrDefault(IPAddress.Loopback);
        return string.Create(CultureInfo.InvariantCulture, $"http://{LocalAddresses.InUrl(address)}:{port}");
    }
}
