using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Turnpike.Cluster;
using Turnpike.ControlPlane.Realms;
using Wire = Turnpike.Contracts.V1;

namespace Turnpike.ControlPlane.Webhooks;

/// <summary>Webhooks between the store's form and the API's.</summary>
internal static class WebhookMapping
{
    /// <param name="webhook">The webhook.</param>
    /// <param name="progress">How far it is.</param>
    /// <param name="waiting">When the oldest event happened that was not yet looked at; null: none waits.</param>
    /// <param name="now">The time.</param>
    public static Wire.Webhook ToWire(WebhookRecord webhook, WebhookProgress progress, DateTimeOffset? waiting, DateTimeOffset now)
    {
        WebhookProgress current = progress.For(webhook.Version);
        return new Wire.Webhook
        {
            Name = ResourceName.OfWebhook(webhook.Realm, webhook.Id),
            Url = webhook.Url,
            Kinds = { webhook.Kinds.Select(ToWire) },
            Tags = { webhook.Tags },
            Paused = webhook.Paused,
            State = webhook.Paused ? Wire.Webhook.Types.State.Paused
                : current.IsDisabled ? Wire.Webhook.Types.State.Disabled
                : current.FailedAttempts > 0 ? Wire.Webhook.Types.State.Failing
                : Wire.Webhook.Types.State.Enabled,
            Status = new Wire.WebhookStatus
            {
                LastSuccessTime = Moment(current.LastSuccess),
                LastFailureTime = Moment(current.LastFailure),
                LastFailure = current.LastFailureReason,
                FailedAttempts = current.FailedAttempts,
                NextAttemptTime = webhook.Paused ? null : Moment(current.NextAttempt),
                Lag = waiting is { } since ? Duration.FromTimeSpan(now > since ? now - since : TimeSpan.Zero) : null,
                DeliveredEvents = current.Delivered,
                MissedEvents = current.Missed,
                DisabledReason = current.DisabledReason,
            },
            CreateTime = new Timestamp { Seconds = webhook.CreatedAt },
            Secrets = { webhook.Secrets.Where(secret => secret.IsValid(now.ToUnixTimeSeconds())).Select(ToWire) },
            Etag = Etag(webhook),
        };
    }

    public static string Etag(WebhookRecord webhook) => webhook.Version.ToString(CultureInfo.InvariantCulture);

    // The API's enumeration has a value for "not told" in front.
    public static Wire.Event.Types.Kind ToWire(EventKind kind) => (Wire.Event.Types.Kind)((int)kind + 1);

    public static EventKind ToRecord(Wire.Event.Types.Kind kind) => (EventKind)((int)kind - 1);

    private static Wire.WebhookSecret ToWire(WebhookSecret secret) => new()
    {
        CreateTime = new Timestamp { Seconds = secret.CreatedAt },
        ExpireTime = secret.NotAfter == long.MaxValue ? null : new Timestamp { Seconds = secret.NotAfter },
    };

    private static Timestamp? Moment(long unixMilliseconds) =>
        unixMilliseconds == 0 ? null : Timestamp.FromDateTimeOffset(DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds));
}
