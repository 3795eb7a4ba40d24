using System.Net.Sockets;
using System.Security.Authentication;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>Why a call to the store failed; also a metric label.</summary>
public enum StoreErrorKind : byte
{
    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>No connection, or it broke.</summary>
    Connection,

    /// <summary>The server answers and cannot serve: it is loading, a replica, out of memory, or a part of its cluster is down.</summary>
    NotServing,

    /// <summary>The server does not let this process in, or not do this (NOAUTH, WRONGPASS, NOPERM).</summary>
    Denied,

    /// <summary>The server refused this call alone: an error of a script, data of another kind.</summary>
    Refused,

    /// <summary>Not sent: the store was known to be away.</summary>
    Away,
}

/// <summary>What a failure of the client library means.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Text">For people; without secrets.</param>
internal readonly record struct StoreFault(StoreErrorKind Kind, string Text)
{
    private static readonly string[] NotServing =
    [
        "LOADING", "READONLY", "CLUSTERDOWN", "MASTERDOWN", "NOREPLICAS", "MISCONF", "OOM", "BUSY", "MOVED", "ASK", "TRYAGAIN", "UNBLOCKED",
    ];

    private static readonly string[] Denied = ["NOAUTH", "WRONGPASS", "NOPERM"];

    /// <summary>Whether the store as a whole is not to be used for now.</summary>
    public bool IsOutage => Kind != StoreErrorKind.Refused;

    /// <summary>Whether an exception comes from the store or the way to it.</summary>
    public static bool Is(Exception exception) =>
        exception is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException or OperationCanceledException
            or IOException or SocketException or AuthenticationException or AggregateException;

    /// <summary>Sorts an exception for which <see cref="Is"/> holds.</summary>
    public static StoreFault Of(Exception exception) => exception switch
    {
        TimeoutException => new StoreFault(StoreErrorKind.Timeout, "no answer in time"),
        RedisServerException => OfReply(exception.Message),
        _ when DenialIn(exception) is string denial => new StoreFault(StoreErrorKind.Denied, denial),
        _ => new StoreFault(StoreErrorKind.Connection, exception.Message),
    };

    /// <summary>The server's words when a login was refused somewhere on the way to an exception; null when none was.</summary>
    public static string? DenialIn(Exception exception)
    {
        string? found = null;
        foreach (Exception cause in Causes(exception))
        {
            foreach (string word in Denied)
            {
                int at = cause.Message.IndexOf(word, StringComparison.Ordinal);
                if (at >= 0)
                {
                    return cause.Message[at..].Split('\n', 2)[0];
                }
            }
            if (cause is RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure })
            {
                found = "the user or the password is not accepted";
            }
        }
        return found;
    }

    private static IEnumerable<Exception> Causes(Exception exception)
    {
        yield return exception;
        IEnumerable<Exception> inner = exception is AggregateException several ? several.InnerExceptions
            : exception.InnerException is Exception one ? [one] : [];
        foreach (Exception cause in inner.SelectMany(Causes))
        {
            yield return cause;
        }
    }

    /// <summary>Sorts an error reply by its first word.</summary>
    public static StoreFault OfReply(string reply)
    {
        string word = reply.Split(' ', 2)[0];
        StoreErrorKind kind = NotServing.Contains(word) || reply.Contains("max number of clients", StringComparison.Ordinal)
            ? StoreErrorKind.NotServing
            : Denied.Contains(word) || reply.Contains("invalid password", StringComparison.Ordinal) ? StoreErrorKind.Denied : StoreErrorKind.Refused;
        return new StoreFault(kind, reply);
    }
}
