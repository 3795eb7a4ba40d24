using System.Diagnostics.Metrics;

namespace Turnpike.ControlPlane.Calls;

/// <summary>What a caller has run into.</summary>
public enum Limit
{
    /// <summary><c>ControlPlane:CallsPerSecond</c> of one caller.</summary>
    CallsPerSecond,

    /// <summary><c>ControlPlane:BrowserKeyCallsPerMinute</c>.</summary>
    BrowserKeyCalls,

    /// <summary>Calls of one address that failed for want of a caller.</summary>
    FailedCalls,

    /// <summary><c>ControlPlane:MaxStreams</c>.</summary>
    Streams,

    /// <summary>The time that a stream waits for its reader.</summary>
    SlowReader,

    /// <summary><c>ControlPlane:MaxRequestBytes</c>.</summary>
    MessageSize,

    /// <summary>Webhooks of a realm.</summary>
    Webhooks,

    /// <summary>Secrets of a webhook.</summary>
    WebhookSecrets,

    /// <summary>Secrets of a realm.</summary>
    RealmSecrets,
}

/// <summary>How often each limit has refused something.</summary>
internal sealed class LimitMetrics
{
    private readonly long[] _hits = new long[Enum.GetValues<Limit>().Length];

    public LimitMetrics(IMeterFactory meters) => meters.Create("Turnpike.ControlPlane").CreateObservableCounter(
        "turnpike.control_plane.limits_hit",
        () => Enum.GetValues<Limit>().Select(limit => new Measurement<long>(
            Interlocked.Read(ref _hits[(int)limit]), new KeyValuePair<string, object?>("limit", Name(limit)))),
        description: "Calls that were refused because of a limit, by limit");

    public void Hit(Limit limit) => Interlocked.Increment(ref _hits[(int)limit]);

    /// <summary><c>calls_per_second</c> …; errors name it in their details too.</summary>
    public static string Name(Limit limit) => limit switch
    {
        Limit.CallsPerSecond => "calls_per_second",
        Limit.BrowserKeyCalls => "browser_key_calls",
        Limit.FailedCalls => "failed_calls",
        Limit.Streams => "streams",
        Limit.SlowReader => "slow_reader",
        Limit.MessageSize => "message_size",
        Limit.Webhooks => "webhooks",
        Limit.WebhookSecrets => "webhook_secrets",
        Limit.RealmSecrets => "realm_secrets",
        _ => throw new ArgumentOutOfRangeException(nameof(limit), limit, "A limit without a name."),
    };
}
