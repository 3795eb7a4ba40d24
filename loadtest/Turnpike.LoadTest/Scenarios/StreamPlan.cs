using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Scenarios;

/// <summary>One kind of traffic of a scenario: allocations that all send the same, evenly spread over time.</summary>
/// <param name="Name">Unique in a scenario.</param>
/// <param name="Allocations">Allocations, each with one peer.</param>
/// <param name="PayloadBytes">Payload of a packet.</param>
/// <param name="PacketsPerSecond">Of one allocation and each of its directions; with <paramref name="Ramp"/>, at the end.</param>
/// <param name="Burst">Packets of a flow that leave at once.</param>
/// <param name="Direction">Where they go.</param>
/// <param name="Ramp">The packets a second of every allocation grow linearly from 0, from the first packet to the end of the measured time.</param>
/// <param name="SharedWith">The stream, named earlier, on whose allocations this one travels too; null for allocations of its own.</param>
internal sealed record StreamPlan(
    string Name,
    int Allocations,
    int PayloadBytes,
    double PacketsPerSecond,
    int Burst,
    Direction Direction,
    bool Ramp = false,
    string? SharedWith = null)
{
    /// <summary>All allocations and directions together, at the end of a ramp.</summary>
    public double FullRate => PacketsPerSecond * Allocations * (Direction == Direction.Both ? 2 : 1);

    /// <summary>The mean over the measured time. A ramp begins with the warm-up, so it has risen when the measured time begins.</summary>
    /// <param name="warmup">How long the warm-up is.</param>
    /// <param name="measured">How long the measured time is, in the same unit.</param>
    public double OfferedPacketsPerSecond(double warmup, double measured) =>
        Ramp ? FullRate * (warmup + (measured / 2)) / (warmup + measured) : FullRate;
}
