namespace Turnpike.Edge.Tests.Streams;

/// <summary>Waits for what other threads bring about.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    public static async Task TrueAsync(Func<bool> condition)
    {
        long begin = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < Limit, "It did not come to pass.");
            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The same for a condition that is asked for somewhere else.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition)
    {
        long begin = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < Limit, "It did not come to pass.");
            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }
    }

    public static Task EqualAsync(long expected, Func<long> actual) => TrueAsync(() => actual() == expected);
}
