namespace Turnpike.ControlPlane.Webhooks;

/// <summary>What is logged of webhooks: when their state changes, not each attempt. Addresses are left out, since they may hold secrets.</summary>
internal static partial class WebhookLog
{
    [LoggerMessage(EventId = 3150, Level = LogLevel.Warning, Message = "{Webhook} could not be delivered: {Failure}; it is tried again")]
    public static partial void Failing(ILogger logger, string webhook, string failure);

    [LoggerMessage(EventId = 3151, Level = LogLevel.Information, Message = "{Webhook} is delivered again, after {Attempts} attempts that failed")]
    public static partial void Recovered(ILogger logger, string webhook, int attempts);

    [LoggerMessage(EventId = 3152, Level = LogLevel.Warning, Message = "{Webhook} is disabled until it is changed: {Reason}")]
    public static partial void Disabled(ILogger logger, string webhook, string reason);

    [LoggerMessage(EventId = 3153, Level = LogLevel.Warning,
        Message = "{Webhook} missed {Events} events that were no longer kept; its receiver was told (Cluster:EventLog)")]
    public static partial void Missed(ILogger logger, string webhook, long events);

    [LoggerMessage(EventId = 3154, Level = LogLevel.Error, Message = "Delivering {Webhook} failed for a reason of its own; it is tried again")]
    public static partial void Failed(ILogger logger, Exception problem, string webhook);
}
