namespace Turnpike.ControlPlane.Fleet;

public static class FleetExtensions
{
    /// <summary>Registers what knows the edges and speaks of them.</summary>
    public static IServiceCollection AddFleet(this IServiceCollection services) => services
        .AddSingleton<EdgeDirectory>()
        .AddSingleton<IEdgeDirectory>(provider => provider.GetRequiredService<EdgeDirectory>())
        .AddHostedService(provider => provider.GetRequiredService<EdgeDirectory>())
        .AddSingleton<EdgeWatch>()
        .AddSingleton<AllocationReader>();
}
