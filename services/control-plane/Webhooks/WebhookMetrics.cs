using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Turnpike.ControlPlane.Webhooks;

/// <summary>What this replica delivers. No label names a webhook or a realm: there may be thousands.</summary>
internal sealed class WebhookMetrics
{
    private static readonly SendResult[] Results = Enum.GetValues<SendResult>();
    private readonly long[] _attempts = new long[Results.Length];
    private readonly ConcurrentDictionary<string, DateTimeOffset?> _held = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private long _events;
    private long _retries;
    private long _missed;
    private long _disabled;

    public WebhookMetrics(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        Meter meter = meters.Create("Turnpike.ControlPlane");
        meter.CreateObservableCounter(
            "turnpike.control_plane.webhook_attempts",
            () => Results.Select(result => new Measurement<long>(
                Interlocked.Read(ref _attempts[(int)result]), new KeyValuePair<string, object?>("result", result.ToString().ToLowerInvariant()))),
            description: "Attempts to deliver to webhooks, by result");
        meter.CreateObservableCounter(
            "turnpike.control_plane.webhook_retries", () => Interlocked.Read(ref _retries), description: "Attempts that were not the first of their delivery");
        meter.CreateObservableCounter(
            "turnpike.control_plane.webhook_events", () => Interlocked.Read(ref _events), description: "Events that webhooks' receivers have acknowledged");
        meter.CreateObservableCounter(
            "turnpike.control_plane.webhook_missed_events", () => Interlocked.Read(ref _missed),
            description: "Events that were no longer kept when a webhook came to them");
        meter.CreateObservableCounter(
            "turnpike.control_plane.webhook_disabled", () => Interlocked.Read(ref _disabled), description: "Times that a webhook was disabled");
        meter.CreateObservableGauge(
            "turnpike.control_plane.webhooks", () => _held.Count, description: "Webhooks that this replica delivers");
        meter.CreateObservableGauge(
            "turnpike.control_plane.webhook_lag_seconds", LagSeconds, description: "Age of the oldest event that waits for delivery, of all webhooks of this replica");
    }

    /// <summary>An attempt has ended.</summary>
    public void Count(SendResult result) => Interlocked.Increment(ref _attempts[(int)result]);

    /// <summary>An attempt begins that is not the first.</summary>
    public void CountRetry() => Interlocked.Increment(ref _retries);

    /// <summary>A delivery has arrived.</summary>
    public void CountDelivered(int events, long missed)
    {
        Interlocked.Add(ref _events, events);
        Interlocked.Add(ref _missed, missed);
    }

    /// <summary>A webhook was disabled.</summary>
    public void CountDisabled() => Interlocked.Increment(ref _disabled);

    /// <summary>This replica delivers a webhook.</summary>
    /// <param name="uid">Of the webhook.</param>
    /// <param name="waiting">When the oldest event happened that waits; null: none does.</param>
    public void Hold(string uid, DateTimeOffset? waiting) => _held[uid] = waiting;

    /// <summary>This replica does not deliver a webhook any more.</summary>
    public void Drop(string uid) => _held.TryRemove(uid, out _);

    private double LagSeconds() =>
        _held.Values.Min() is DateTimeOffset oldest ? Math.Max(0, (_time.GetUtcNow() - oldest).TotalSeconds) : 0;
}
