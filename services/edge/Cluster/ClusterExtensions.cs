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
}
