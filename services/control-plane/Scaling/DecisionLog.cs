using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Turnpike.Cluster;
using Turnpike.ControlPlane.Options;
using Turnpike.Scaling;

namespace Turnpike.ControlPlane.Scaling;

/// <summary>A decision and its number; numbers only rise, until the store loses what it holds.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Decision">The decision.</param>
/// <param name="Actor">Who made it.</param>
public sealed record LoggedDecision(long Number, ScalingDecision Decision, string Actor);

/// <summary>
/// The decisions that were made, in the cluster's store, so that every replica can show them, and with them what the one who decides
/// remembers. One process writes at a time; every method that asks the store throws <see cref="StoreException"/> where it is away.
/// </summary>
public sealed class DecisionLog : IDisposable
{
    /// <summary>Decisions that are kept: some weeks of a fleet that follows the day.</summary>
    public const int Kept = 1000;

    // What a fleet of ten thousand names must not fill the store.
    private const int LongestList = 100;

    // A writer that has missed so many decisions is gone, and the next one takes its place.
    private const int MissedDecisions = 3;

    private readonly ClusterStore _store;
    private readonly DecisionStore _decisions;
    private readonly TimeSpan _turn;
    private volatile ScalingDecision? _latest;
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public DecisionLog(ClusterStore store, ControlPlaneSettings settings)
    {
        _turn = MissedDecisions * TimeSpan.FromSeconds(settings.Options.Scaling.Interval);
        _store = store;
        _decisions = new DecisionStore(store);
        store.Notified += OnNotified;
    }

    /// <summary>The decision that this process made last; null: it makes none.</summary>
    public ScalingDecision? Latest => _latest;

    /// <summary>Done when another decision was announced; to be taken before the log is read. An announcement may be lost.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>
    /// Keeps what is remembered, and the decision if it differs from the one before in more than its figures.
    /// </summary>
    /// <param name="decision">What was decided.</param>
    /// <param name="memory">For the next decision.</param>
    /// <param name="actor">Who decided: the name of the replica.</param>
    /// <returns>The decision's number; null: it is the same as before, or another process writes.</returns>
    public async Task<long?> WriteAsync(ScalingDecision decision, ScalingMemory memory, string actor)
    {
        _latest = decision;
        ScalingDecision kept = decision with
        {
            Undrain = First(decision.Undrain),
            Withdraw = First(decision.Withdraw),
            Drain = First(decision.Drain),
            Victims = First(decision.Victims),
        };
        string entry = $"{actor.ReplaceLineEndings(" ")}\n{kept.ToJson()}";
        long number = await _decisions.WriteAsync(actor, _turn, memory.ToJson(), Shape(decision), entry, Kept);
        return number > 0 ? number : null;
    }

    /// <summary>What the last one that decided remembered: where a new leader goes on from.</summary>
    public async Task<ScalingMemory> ReadMemoryAsync() => ScalingMemory.FromJson(await _decisions.ReadMemoryAsync());

    /// <summary>Decisions after a number, oldest first.</summary>
    /// <param name="after">0: the oldest that is kept.</param>
    /// <param name="count">How many at most.</param>
    public async Task<IReadOnlyList<LoggedDecision>> ReadAsync(long after, int count) => (await ReadFromAsync(after + 1, count)).Decisions;

    /// <summary>Decisions from a number on, oldest first, and the number of the last one that there is.</summary>
    internal async Task<(IReadOnlyList<LoggedDecision> Decisions, long Last)> ReadFromAsync(long first, int count)
    {
        (IReadOnlyList<StoredDecision> stored, long last) = await _decisions.ReadAsync(first, count);
        return ([.. stored.Select(Parse).OfType<LoggedDecision>()], last);
    }

    /// <inheritdoc/>
    public void Dispose() => _store.Notified -= OnNotified;

    private void OnNotified(string what)
    {
        if (what == DecisionStore.Change)
        {
            Interlocked.Exchange(ref _next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }
    }

    private static LoggedDecision? Parse(StoredDecision stored)
    {
        int end = stored.Text.IndexOf('\n', StringComparison.Ordinal);
        return end >= 0 && ScalingDecision.FromJson(stored.Text[(end + 1)..]) is { } decision ? new LoggedDecision(stored.Number, decision, stored.Text[..end]) : null;
    }

    private static IReadOnlyList<string> First(IReadOnlyList<string> names) => names.Count <= LongestList ? names : [.. names.Take(LongestList)];

    // What makes two decisions the same to somebody who follows them: all but the figures, and the words that have figures in them.
    private static string Shape(ScalingDecision decision) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"{decision.Action} {decision.Current} {decision.InService} {decision.Desired} {decision.Replicas} {decision.CanScaleDown} {decision.DryRun} "
        + $"{string.Join(',', decision.Undrain)} {string.Join(',', decision.Withdraw)} {string.Join(',', decision.Drain)}"))).AsSpan(0, 16));
}
