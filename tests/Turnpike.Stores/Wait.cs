using System.Diagnostics;

namespace Turnpike.Stores;

/// <summary>Waiting for a condition, never for a while.</summary>
internal static class Wait
{
    // A sentinel whose own timers are late, on a machine that is busy with other tests, does nothing for 30 s (its TILT mode). A store
    // that takes longer than twice that does not come any more.
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(75);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    /// <summary>Polls until the condition holds. Throws <see cref="TimeoutException"/> that names what was waited for.</summary>
    public static async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        long started = Stopwatch.GetTimestamp();
        using PeriodicTimer timer = new(Interval);
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > Limit)
            {
                throw new TimeoutException($"{what}: not within {Limit.TotalSeconds:0} s");
            }
            await timer.WaitForNextTickAsync();
        }
    }
}
