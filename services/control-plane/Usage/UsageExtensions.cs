namespace Turnpike.ControlPlane.Usage;

public static class UsageExtensions
{
    /// <summary>Registers what reads usage and events.</summary>
    public static IServiceCollection AddUsage(this IServiceCollection services) => services.AddSingleton<EventFeeds>().AddSingleton<UsageQuery>();
}
