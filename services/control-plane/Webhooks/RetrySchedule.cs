using System.Security.Cryptography;
using Turnpike.ControlPlane.Options;

namespace Turnpike.ControlPlane.Webhooks;

/// <summary>
/// When a failed delivery is tried again: twice as long after each failure, up to a limit; up to half as short by chance, so that a
/// receiver that comes back is not met by all at once.
/// </summary>
internal sealed class RetrySchedule(WebhookOptions options)
{
    private const int LargestDoubling = 20;
    private const int Chances = 1 << 20;

    /// <summary>The time until the next attempt.</summary>
    /// <param name="failedAttempts">From 1.</param>
    /// <param name="asked">What the receiver asked for with Retry-After; it makes the time longer, within the limit, and never shorter.</param>
    public TimeSpan Delay(int failedAttempts, TimeSpan? asked)
    {
        double limit = options.LongestRetry;
        double doubled = Math.Min(options.FirstRetry * Math.Pow(2, Math.Clamp(failedAttempts - 1, 0, LargestDoubling)), limit);
        double chosen = doubled * (1 - RandomNumberGenerator.GetInt32(Chances) / (2.0 * Chances));
        return TimeSpan.FromSeconds(Math.Min(Math.Max(chosen, asked?.TotalSeconds ?? 0), limit));
    }

    /// <summary>Whether all attempts have failed for too long.</summary>
    public bool IsOver(TimeSpan failing) => failing >= TimeSpan.FromSeconds(options.RetryFor);
}
