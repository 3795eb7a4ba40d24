using Microsoft.Extensions.Logging;

namespace Turnpike.Cluster;

internal static partial class StoreLog
{
    [LoggerMessage(EventId = 2000, Level = LogLevel.Warning,
        Message = "The store is away, this process goes on by itself: {Reason}")]
    public static partial void Away(ILogger logger, string reason);

    [LoggerMessage(EventId = 2001, Level = LogLevel.Information, Message = "The store is available after {Seconds:0.0} s")]
    public static partial void Available(ILogger logger, double seconds);

    [LoggerMessage(EventId = 2002, Level = LogLevel.Error,
        Message = "The store refuses what this process asks, said at most once a minute: {Reply}")]
    public static partial void Refused(ILogger logger, string reply);

    [LoggerMessage(EventId = 2003, Level = LogLevel.Warning,
        Message = "Announcements of the cluster cannot be listened to; changes arrive with the next heartbeat: {Reason}")]
    public static partial void NotSubscribed(ILogger logger, string reason);
}
