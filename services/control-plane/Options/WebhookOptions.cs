using System.ComponentModel.DataAnnotations;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.ControlPlane.Options;

/// <summary>Section <c>ControlPlane:Webhooks</c>: how events are delivered to the webhooks of realms.</summary>
public sealed class WebhookOptions : ISettingsSection
{
    /// <summary>Default none: whoever may make a webhook must not reach what only this machine and its neighbours can.</summary>
    [Setting("Private and other special-purpose ranges that webhooks may lead into all the same", Allowed = "CIDR such as 10.0.0.0/8 or fd00::/8")]
    public string[] AllowPrivate { get; init; } = [];

    /// <summary>Default false: events name users.</summary>
    [Setting("Webhooks may have http addresses; loopback addresses always may")]
    public bool AllowHttp { get; init; }

    /// <summary>Default 10: a receiver writes down what it gets and answers; what takes longer belongs behind the answer.</summary>
    [Setting("Time that a receiver may take to answer", Unit = "seconds")]
    [Range(1, 60)]
    public int Timeout { get; init; } = 10;

    /// <summary>Default 30: after this time another replica goes on with the webhooks of one that died.</summary>
    [Setting("Lifetime of the lease by which one replica delivers a webhook; more than ControlPlane:Webhooks:Timeout, renewed each third of it", Unit = "seconds")]
    [Range(2, 300)]
    public int Lease { get; init; } = 30;

    /// <summary>Default 5: what restarts is back by then.</summary>
    [Setting("Time before a failed delivery is tried again for the first time; twice as long each time after that", Unit = "seconds")]
    [Range(1, 3600)]
    public int FirstRetry { get; init; } = 5;

    /// <summary>Default 3600, one hour: also the longest that a receiver may ask for with Retry-After.</summary>
    [Setting("Longest time between two attempts", Unit = "seconds")]
    [Range(1, 86_400)]
    public int LongestRetry { get; init; } = 3600;

    /// <summary>Default 259200, three days: a weekend and the Monday after it.</summary>
    [Setting("Time of failures alone after which a webhook is disabled", Unit = "seconds")]
    [Range(60, 2_592_000)]
    public int RetryFor { get; init; } = 259_200;

    /// <summary>Default 256: each takes a connection and some kilobytes.</summary>
    [Setting("Deliveries of one replica that are under way at once")]
    [Range(1, 10_000)]
    public int Concurrency { get; init; } = 256;
}
