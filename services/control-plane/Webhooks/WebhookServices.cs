using Turnpike.Cluster;
using Turnpike.ControlPlane.Options;
using Turnpike.ControlPlane.Usage;

namespace Turnpike.ControlPlane.Webhooks;

/// <summary>What every webhook that is delivered needs.</summary>
internal sealed record WebhookServices(
    WebhookLeases Leases, EventFeeds Feeds, WebhookSender Sender, RetrySchedule Schedule, WebhookMetrics Metrics, WebhookOptions Options,
    TimeProvider Time, ILogger Logger)
{
    /// <summary>How long a lease lasts.</summary>
    public TimeSpan Lease { get; } = TimeSpan.FromSeconds(Options.Lease);

    /// <summary>How soon one is renewed.</summary>
    public TimeSpan Renewal { get; } = TimeSpan.FromSeconds(Options.Lease) / 3;
}
