using System.Security.Cryptography;
using Turnpike.Cluster;
using Turnpike.ControlPlane.Options;
using Turnpike.ControlPlane.Usage;

namespace Turnpike.ControlPlane.Webhooks;

internal static class WebhookExtensions
{
    private const int NameBytes = 12;

    /// <summary>Registers the webhooks' API and what delivers them.</summary>
    public static IServiceCollection AddWebhooks(this IServiceCollection services) => services
        .AddSingleton<WebhookStore>()
        .AddSingleton(provider => new WebhookLeases(provider.GetRequiredService<ClusterStore>(), RandomNumberGenerator.GetHexString(NameBytes * 2, lowercase: true)))
        .AddSingleton<ReceiverAddresses>()
        .AddSingleton<WebhookMetrics>()
        .AddSingleton<WebhookSender>()
        .AddSingleton(provider =>
        {
            WebhookOptions options = provider.GetRequiredService<ControlPlaneSettings>().Options.Webhooks;
            return new WebhookServices(
                provider.GetRequiredService<WebhookLeases>(), provider.GetRequiredService<EventFeeds>(), provider.GetRequiredService<WebhookSender>(),
                new RetrySchedule(options), provider.GetRequiredService<WebhookMetrics>(), options,
                provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<WebhookDispatcher>>());
        })
        .AddSingleton<WebhookRules>()
        .AddSingleton<WebhookApi>()
        .AddHostedService<WebhookDispatcher>();
}
