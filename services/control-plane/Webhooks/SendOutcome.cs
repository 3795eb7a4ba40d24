using System.Globalization;

namespace Turnpike.ControlPlane.Webhooks;

/// <summary>How an attempt ended; also a metric label.</summary>
internal enum SendResult
{
    /// <summary>An answer from 200 to 299.</summary>
    Delivered,

    /// <summary>410: the receiver wants nothing any more.</summary>
    Gone,

    /// <summary>Another answer, redirects included.</summary>
    Refused,

    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>No connection, no TLS, or no HTTP.</summary>
    Unreachable,

    /// <summary>The address is closed.</summary>
    Blocked,
}

/// <summary>What became of one attempt.</summary>
/// <param name="Result">How it ended.</param>
/// <param name="Status">The status code; 0: no answer.</param>
/// <param name="Failure">Why, for people, in a few words; empty where it arrived. Nothing that the receiver wrote is in it.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="RetryAfter">What the receiver asked for; null: nothing.</param>
internal readonly record struct SendOutcome(SendResult Result, int Status, string Failure, TimeSpan Duration, TimeSpan? RetryAfter)
{
    /// <summary>The receiver answered.</summary>
    public static SendOutcome Of(int status, TimeSpan duration, TimeSpan? retryAfter) => status switch
    {
        >= 200 and <= 299 => new SendOutcome(SendResult.Delivered, status, "", duration, null),
        410 => new SendOutcome(SendResult.Gone, status, Words(status), duration, null),
        >= 300 and <= 399 => new SendOutcome(SendResult.Refused, status, $"{Words(status)}, and redirects are not followed", duration, retryAfter),
        _ => new SendOutcome(SendResult.Refused, status, Words(status), duration, retryAfter),
    };

    private static string Words(int status) => string.Create(CultureInfo.InvariantCulture, $"HTTP {status}");
}
