using Microsoft.Extensions.Logging;

namespace Turnpike.Cluster;

public sealed partial class LeaseLedger
{
    [LoggerMessage(EventId = 2040, Level = LogLevel.Warning,
        Message = "Quotas of {Realm}: the store does not know what this edge holds; setting {Users} users again")]
    private static partial void LogRestore(ILogger logger, string realm, int users);

    [LoggerMessage(EventId = 2041, Level = LogLevel.Warning,
        Message = "The store is another one or was lost: a local share bounds new allocations for {Milliseconds} ms")]
    private static partial void LogEpoch(ILogger logger, long milliseconds);

    [LoggerMessage(EventId = 2042, Level = LogLevel.Error, Message = "Quotas of {Realm}: the store refused a call")]
    private static partial void LogFailure(ILogger logger, string realm, Exception exception);

    [LoggerMessage(EventId = 2043, Level = LogLevel.Error, Message = "The answer about a quota could not be delivered")]
    private static partial void LogCallback(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 2044, Level = LogLevel.Error, Message = "An allocation of {Realm} was given back that was not held")]
    private static partial void LogUnmatchedRelease(ILogger logger, string realm);

    [LoggerMessage(EventId = 2045, Level = LogLevel.Warning,
        Message = "Quotas are decided without the store ({Mode}); {Pending} waiting requests were decided so")]
    private static partial void LogAway(ILogger logger, WhenStoreUnavailable mode, int pending);

    [LoggerMessage(EventId = 2046, Level = LogLevel.Information, Message = "Quotas are cluster-wide again; telling the store of {InUse} allocations")]
    private static partial void LogBack(ILogger logger, int inUse);
}
