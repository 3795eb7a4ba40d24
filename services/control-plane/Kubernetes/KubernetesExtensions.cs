using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Turnpike.Cluster;
using Turnpike.ControlPlane.Fleet;
using Turnpike.ControlPlane.Kubernetes.Acting;
using Turnpike.ControlPlane.Kubernetes.Api;
using Turnpike.ControlPlane.Kubernetes.Election;
using Turnpike.ControlPlane.Kubernetes.Planning;
using Turnpike.ControlPlane.Kubernetes.Workloads;
using Turnpike.ControlPlane.Options;
using Turnpike.ControlPlane.Scaling;
using Turnpike.ServiceDefaults;

namespace Turnpike.ControlPlane.Kubernetes;

internal static class KubernetesExtensions
{
    private const int IdentityBytes = 3;

    /// <summary>
    /// Registers what acts on the edges' Deployment, where there is one to act on. Where it does not change the number of edges, decisions are
    /// still made and shown: for whoever else does, or looks.
    /// </summary>
    public static IServiceCollection AddKubernetes(this IServiceCollection services, ControlPlaneSettings all)
    {
        bool scales = all.Kubernetes is not null && all.Options.Scaling.Mode == ScalingMode.Builtin;
        if (!scales)
        {
            services.AddScalingEvaluator();
        }
        if (all.Kubernetes is not { } settings)
        {
            return services;
        }
        KubernetesOptions options = settings.Options;

        // A replica that comes back under its old name is another one: it must not take the Lease of its former self for its own.
        string identity = $"{Environment.MachineName}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdentityBytes))}";
        services.AddSingleton(_ => new KubernetesApi(new k8s.Kubernetes(settings.Connection), settings.Namespace));
        services.AddSingleton(provider => new WorkloadCache(
            provider.GetRequiredService<KubernetesApi>(), options.Workload, provider.GetRequiredService<TimeProvider>(), Logger(provider)));
        services.AddSingleton<IDrainOrders>(provider => new DrainOrders(new OrderBook(provider.GetRequiredService<ClusterStore>())));
        services.AddSingleton(provider => new Observer(
            provider.GetRequiredService<WorkloadCache>(), provider.GetRequiredService<IEdgeDirectory>(),
            provider.GetRequiredService<IDrainOrders>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IWorkloadSource>(provider => provider.GetRequiredService<Observer>());
        services.AddSingleton<IDecider>(provider => new Decider(
            provider.GetRequiredService<FleetSnapshots>(), provider.GetRequiredService<DecisionLog>(),
            all.Scaling, identity, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new LeaderElector(
            provider.GetRequiredService<KubernetesApi>(), settings.LeaseName, identity,
            new ElectionTimes(
                TimeSpan.FromSeconds(options.LeaseDuration), TimeSpan.FromSeconds(options.RenewDeadline), TimeSpan.FromSeconds(options.RetryPeriod)),
            provider.GetRequiredService<TimeProvider>(), Logger(provider)));
        services.AddSingleton(provider => new EventRecorder(
            provider.GetRequiredService<KubernetesApi>(), identity, provider.GetRequiredService<TimeProvider>(), Logger(provider)));
        services.AddSingleton<ScalerStatus>().AddSingleton<IServiceHealth>(provider => provider.GetRequiredService<ScalerStatus>());
        services.AddSingleton(provider => new ScalerMetrics(
            provider.GetRequiredService<IMeterFactory>(), provider.GetRequiredService<KubernetesApi>(), provider.GetRequiredService<WorkloadCache>(),
            provider.GetRequiredService<LeaderElector>, provider.GetRequiredService<ScalerStatus>()));
        services.AddSingleton(provider => new Reconciler(
            provider.GetRequiredService<WorkloadCache>(), provider.GetRequiredService<Observer>(), provider.GetRequiredService<IDecider>(),
            new Executor(
                provider.GetRequiredService<KubernetesApi>(), provider.GetRequiredService<WorkloadCache>(), provider.GetRequiredService<IDrainOrders>()),
            provider.GetRequiredService<EventRecorder>(), provider.GetRequiredService<ScalerStatus>(), provider.GetRequiredService<ScalerMetrics>(),
            policy => new PlanRules(
                options.Workload, scales, policy.MinReplicas, policy.MaxReplicas, TimeSpan.FromSeconds(options.DrainDeadline)),
            Logger(provider)));
        return services.AddHostedService<EdgeScaler>();
    }

    private static ILogger Logger(IServiceProvider provider) => provider.GetRequiredService<ILoggerFactory>().CreateLogger("Turnpike.ControlPlane.Kubernetes");
}
