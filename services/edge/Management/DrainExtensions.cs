namespace Turnpike.Edge.Management;

public static class DrainExtensions
{
    public static IServiceCollection AddDrain(this IServiceCollection services) =>
        services.AddSingleton<Drain>().AddSingleton<IHostLifetime, DrainLifetime>();
}
