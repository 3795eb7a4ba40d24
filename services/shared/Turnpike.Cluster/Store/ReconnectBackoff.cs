using System.Security.Cryptography;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>
/// When the client library tries a lost server again: after half the connect timeout, then twice as long each time, up to three
/// seconds or one connect timeout; up to half as long again by chance, so that a fleet does not return as one.
/// </summary>
/// <param name="connectTimeout">Milliseconds.</param>
internal sealed class ReconnectBackoff(int connectTimeout) : IReconnectRetryPolicy
{
    private const int Ceiling = 3000;
    private const int LargestDoubling = 16;

    // The library asks again and again about one attempt: the answer has to stay the same, so chance is a function of the attempt.
    private readonly uint _seed = (uint)RandomNumberGenerator.GetInt32(int.MaxValue);

    /// <inheritdoc/>
    public bool ShouldRetry(long currentRetryCount, int timeElapsedMillisecondsSinceLastRetry) =>
        timeElapsedMillisecondsSinceLastRetry >= Delay(currentRetryCount);

    /// <summary>Milliseconds before an attempt.</summary>
    internal int Delay(long attempt)
    {
        long doubled = (long)(connectTimeout / 2) << (int)Math.Clamp(attempt, 0, LargestDoubling);
        int delay = (int)Math.Min(doubled, Math.Max(connectTimeout, Ceiling));
        uint chance = unchecked((_seed ^ (uint)attempt) * 2654435761) >> 16;
        return delay + (int)(delay / 2 * chance / ushort.MaxValue);
    }
}
