using System.Diagnostics;

namespace Turnpike.Interop.Processes;

/// <summary>Waiting for a condition, never for a while.</summary>
internal static class Deadline
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(25);

    /// <summary>Polls until the condition holds. Throws <see cref="TimeoutException"/> that names what was waited for.</summary>
    public static async Task UntilAsync(string what, TimeSpan deadline, Func<Task<bool>> condition)
    {
        long started = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(PollInterval);
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > deadline)
            {
                throw new TimeoutException($"{what}: not within {deadline.TotalSeconds:0} s");
            }

            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}
