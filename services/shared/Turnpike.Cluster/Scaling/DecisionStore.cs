using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>A decision as it is kept.</summary>
/// <param name="Number">From 1, by one more each; begins anew where the store lost what it held.</param>
/// <param name="Text">What was written.</param>
public readonly record struct StoredDecision(long Number, string Text);

/// <summary>
/// The scaler's decisions and what it remembers from one to the next; texts that this library does not look into. Every method throws
/// <see cref="StoreUnavailableException"/> while the store is away.
/// </summary>
/// <param name="store">The store.</param>
public sealed class DecisionStore(ClusterStore store)
{
    /// <summary>What is announced when there is another decision.</summary>
    public const string Change = "decisions";

    private const string MemoryField = "memory";

    // Values of the reading script's result before the decisions.
    private const int Header = 2;

    private static readonly ClusterScript WriteScript = ClusterScript.Load("decision-write");
    private static readonly ClusterScript ReadScript = ClusterScript.Load("decision-read");

    /// <summary>Keeps what is remembered, and the decision where its shape is not that of the last one.</summary>
    /// <param name="who">Who writes; nobody else does for <paramref name="turn"/>.</param>
    /// <param name="turn">How long it alone may write.</param>
    /// <param name="memory">What is remembered.</param>
    /// <param name="shape">Decisions of the same shape are the same to a reader.</param>
    /// <param name="text">The decision.</param>
    /// <param name="kept">Decisions that are kept; the oldest go.</param>
    /// <returns>The decision's number; 0: the last one again; -1: it is somebody else's turn, and nothing was written.</returns>
    public async Task<long> WriteAsync(string who, TimeSpan turn, string memory, string shape, string text, int kept) => (long)await store.RunAsync(
        WriteScript,
        [store.Keys.Scaling, store.Keys.Decisions, store.Keys.Scaler],
        [who, (long)turn.TotalMilliseconds, memory, shape, text, kept, store.Keys.Notify, Change]).ConfigureAwait(false);

    /// <summary>Reads decisions, oldest first.</summary>
    /// <param name="first">Number of the first one wanted; the oldest that is kept where that one is gone.</param>
    /// <param name="count">How many at most, from 1.</param>
    /// <returns>The decisions, and the number of the last one that there is; 0: none.</returns>
    public async Task<(IReadOnlyList<StoredDecision> Decisions, long Last)> ReadAsync(long first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        RedisResult[] parts = (RedisResult[])(await store.RunAsync(
            ReadScript, [store.Keys.Scaling, store.Keys.Decisions], [first, count]).ConfigureAwait(false))!;
        long number = (long)parts[1];
        return ([.. parts.Skip(Header).Select((part, index) => new StoredDecision(number + index, (string)part!))], (long)parts[0]);
    }

    /// <summary>What is remembered; null where nothing is.</summary>
    public async Task<string?> ReadMemoryAsync() => await store.QueryAsync(
        database => database.HashGetAsync(store.Keys.Scaling, MemoryField, CommandFlags.DemandMaster), "HGET").ConfigureAwait(false);
}
