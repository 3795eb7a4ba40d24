using Turnpike.Cluster;
using Turnpike.ControlPlane.Calls;
using Turnpike.ControlPlane.Fleet;
using Turnpike.ControlPlane.Options;
using Turnpike.Scaling;

namespace Turnpike.ControlPlane.Scaling;

/// <summary>Decides about the fleet as it is now, for whoever asks; nothing is kept and nothing is done.</summary>
internal sealed class ScalingDesk(FleetSnapshots fleet, EdgeDirectory directory, DecisionLog log, ControlPlaneSettings settings, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The policy of the settings.</summary>
    public ScalingPolicy Policy => settings.Scaling;

    /// <summary>Decides by what is known, be it old: the decision says so.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="loadFactor">How many times the load is taken.</param>
    /// <exception cref="StoreException">The store is away.</exception>
    public async Task<ScalingDecision> ExplainAsync(ScalingPolicy policy, double loadFactor = 1)
    {
        await directory.KnownAsync();
        FleetSnapshot snapshot = await fleet.TakeAsync();
        ScalingMemory memory = await log.ReadMemoryAsync();
        if (loadFactor != 1)
        {
            snapshot = snapshot with { Edges = [.. snapshot.Edges.Select(edge => edge with { Load = Times(edge.Load) })] };
            // A load that always was so many times larger is meant, and not one that has just grown.
            memory = memory with { Trend = memory.Trend is { } trend ? trend with { Load = Times(trend.Load), Growth = Times(trend.Growth) } : null };
        }
        return ScalingFunction.Decide(snapshot, policy, memory, time.GetUtcNow()).Decision;

        Figures Times(Figures figures) => Figures.Of(dimension => figures[dimension] * loadFactor);
    }

    /// <summary>Decides by what is true now.</summary>
    /// <exception cref="Grpc.Core.RpcException">UNAVAILABLE: the fleet cannot be read.</exception>
    /// <exception cref="StoreException">The store is away.</exception>
    public async Task<ScalingDecision> DecideAsync()
    {
        Task next = directory.Next;
        if (!directory.IsFresh)
        {
            await directory.ReadAsync();
            try
            {
                await next.WaitAsync(Patience, time);
            }
            catch (TimeoutException)
            {
                throw Problems.Unavailable("FLEET_UNKNOWN", "The edges were not read lately.", TimeSpan.FromSeconds(1));
            }
        }
        return await ExplainAsync(Policy);
    }
}
