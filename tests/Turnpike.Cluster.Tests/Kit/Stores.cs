using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Turnpike.Cluster.Tests;

/// <summary>Opens stores for tests, and waits for conditions.</summary>
internal static class Stores
{
    /// <summary>The longest that any wait of these tests takes.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>A prefix that no other test has.</summary>
    public static string NewPrefix() => $"test-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}";

    public static ClusterStore Open(ClusterOptions options, ILoggerFactory? loggers = null) =>
        ClusterStore.Open(options, TimeProvider.System, loggers ?? NullLoggerFactory.Instance);

    /// <summary>Opens a store and waits until it is available.</summary>
    public static async Task<ClusterStore> OpenAvailableAsync(ClusterOptions options, ILoggerFactory? loggers = null)
    {
        ClusterStore store = Open(options, loggers);
        await store.AvailableAsync();
        return store;
    }

    public static async Task AvailableAsync(this ClusterStore store)
    {
        using CancellationTokenSource limit = new(Limit);
        try
        {
            await store.WaitUntilAvailableAsync(limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException($"The store is not available within {Limit.TotalSeconds:0} s: {store.Reason}");
        }
    }

    /// <summary>Polls until a condition holds.</summary>
    public static Task UntilAsync(string what, Func<bool> condition) => UntilAsync(what, () => Task.FromResult(condition()));

    /// <summary>Polls until a condition holds; a store that is away does not end the wait.</summary>
    public static Task UntilAsync(string what, Func<Task<bool>> condition) => UntilAsync(what, condition, orUnavailable: false);

    /// <summary>Polls until a condition holds.</summary>
    /// <param name="what">For the failure.</param>
    /// <param name="condition">What is waited for.</param>
    /// <param name="orUnavailable">What a store that is away counts as.</param>
    public static async Task UntilAsync(string what, Func<Task<bool>> condition, bool orUnavailable)
    {
        long started = Stopwatch.GetTimestamp();
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(20));
        while (!await HoldsAsync(condition, orUnavailable))
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Limit, $"{what}: not within {Limit.TotalSeconds:0} s");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    private static async Task<bool> HoldsAsync(Func<Task<bool>> condition, bool orUnavailable)
    {
        try
        {
            return await condition();
        }
        catch (StoreUnavailableException)
        {
            return orUnavailable;
        }
    }
}
