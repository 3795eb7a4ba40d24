using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>
/// Answers that are given again to a request that comes again, whichever process it comes to. Every method throws
/// <see cref="StoreUnavailableException"/> while the store is away.
/// </summary>
/// <param name="store">The store.</param>
public sealed class OnceStore(ClusterStore store)
{
    private static readonly ClusterScript Script = ClusterScript.Load("once");

    /// <summary>The answer that is kept; null when there is none.</summary>
    /// <param name="id">Names the request; no secret, no braces.</param>
    public async Task<byte[]?> FindAsync(string id) =>
        await store.QueryAsync(database => database.StringGetAsync(store.Keys.Once(id), CommandFlags.DemandMaster), "GET").ConfigureAwait(false);

    /// <summary>Keeps an answer unless there is one.</summary>
    /// <param name="id">Names the request.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="life">How long it is kept.</param>
    /// <returns>The answer that is kept: this one, or the earlier one.</returns>
    public async Task<byte[]> KeepAsync(string id, byte[] answer, TimeSpan life) =>
        (byte[])(await store.RunAsync(Script, [store.Keys.Once(id)], [answer, (long)life.TotalMilliseconds]).ConfigureAwait(false))!;
}
