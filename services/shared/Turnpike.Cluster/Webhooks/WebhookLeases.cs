using System.Globalization;
using System.Text.Json;
using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>What a process that asked for a webhook's lease was told.</summary>
/// <param name="Fence">Goes with every write; 0: another process holds the lease.</param>
/// <param name="Left">How long the lease goes on, whoever holds it.</param>
/// <param name="Progress">How far the webhook is; of use to the holder alone.</param>
public readonly record struct WebhookLease(long Fence, TimeSpan Left, WebhookProgress Progress)
{
    /// <summary>Whether this process holds it.</summary>
    public bool IsHeld => Fence > 0;
}

/// <summary>
/// By whom webhooks are delivered and how far they are: one process at a time holds the lease of a webhook, by the store's clock, and
/// one that lost it writes nothing any more. Every method throws <see cref="StoreUnavailableException"/> while the store is away.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="process">Name of this process; never used by another one, not even by its successor.</param>
public sealed class WebhookLeases(ClusterStore store, string process)
{
    private static readonly ClusterScript Claim = ClusterScript.Load("webhook-claim");
    private static readonly ClusterScript Commit = ClusterScript.Load("webhook-commit");
    private static readonly ClusterScript Forget = ClusterScript.Load("webhook-forget");

    // Within seconds every process hears that a webhook is deleted, unless it cannot reach the store, and then it delivers nothing.
    private const long HearingMilliseconds = 3_600_000;

    // As long as the log of events: what is older could not be delivered anyway.
    private long RetentionMilliseconds => store.Options.DayRetention * 1000L;

    /// <summary>Takes the lease, or renews it.</summary>
    /// <param name="uid"><see cref="WebhookRecord.Uid"/>.</param>
    /// <param name="lease">From now on.</param>
    public async Task<WebhookLease> ClaimAsync(string uid, TimeSpan lease)
    {
        RedisResult result = await store.RunAsync(
            Claim, [store.Keys.WebhookProgress(uid)], [process, (long)lease.TotalMilliseconds, RetentionMilliseconds]).ConfigureAwait(false);
        return new WebhookLease(
            TimedHash.Number(result[0]), TimeSpan.FromMilliseconds(TimedHash.Number(result[1])), Parse((RedisValue)result[2]));
    }

    /// <summary>Renews the lease and writes how far the webhook is; called again it does the same again.</summary>
    /// <param name="uid"><see cref="WebhookRecord.Uid"/>.</param>
    /// <param name="fence">Of the lease.</param>
    /// <param name="lease">From now on; zero gives it back.</param>
    /// <param name="progress">Null leaves it as it is.</param>
    /// <returns>False: another process holds the lease, or the webhook is gone; nothing was written.</returns>
    public async Task<bool> CommitAsync(string uid, long fence, TimeSpan lease, WebhookProgress? progress = null)
    {
        RedisValue written = progress is null
            ? RedisValue.EmptyString
            : JsonSerializer.SerializeToUtf8Bytes(progress, ClusterJson.Default.WebhookProgress);
        RedisResult result = await store.RunAsync(
            Commit,
            [store.Keys.WebhookProgress(uid)],
            [process, fence.ToString(CultureInfo.InvariantCulture), (long)lease.TotalMilliseconds, RetentionMilliseconds, written]).ConfigureAwait(false);
        return (long)result == 1;
    }

    /// <summary>How far a webhook is, whoever delivers it.</summary>
    /// <param name="uid"><see cref="WebhookRecord.Uid"/>.</param>
    public async Task<WebhookProgress> ReadAsync(string uid) => Parse(
        await store.QueryAsync(database => database.HashGetAsync(store.Keys.WebhookProgress(uid), "progress", CommandFlags.DemandMaster), "HGET")
            .ConfigureAwait(false));

    /// <summary>Forgets a webhook that is deleted; whoever delivers it just now loses its lease.</summary>
    /// <param name="uid"><see cref="WebhookRecord.Uid"/>.</param>
    public Task ForgetAsync(string uid) => store.RunAsync(Forget, [store.Keys.WebhookProgress(uid)], [HearingMilliseconds]);

    private static WebhookProgress Parse(RedisValue value) =>
        ClusterJson.Read(value, ClusterJson.Default.WebhookProgress) ?? new WebhookProgress();
}
