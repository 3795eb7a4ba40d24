namespace Turnpike.LoadTest.Planning;

/// <summary>An hour of the day that may be the one that decides how many edges there are.</summary>
/// <param name="Name">For the table.</param>
/// <param name="Share">Allocations, as a part of those at the peak.</param>
/// <param name="Edge">What an edge carries then.</param>
/// <param name="Bits">Bits a second of an allocation, headers included.</param>
/// <param name="Packets">Packets a second of an allocation.</param>
internal sealed record PlanHour(string Name, double Share, EdgeSize Edge, double Bits, double Packets)
{
    // The policy's buffer, for a small fleet.
    private const int SpareEdges = 1;

    /// <summary>When the most are there, and when fewer carry more.</summary>
    public static IReadOnlyList<PlanHour> Of(PlanValues values) =>
    [
        Of("at the peak", 1, values),
        Of("in working hours", values[Constants.WorkShare] / 100, Working(values)),
    ];

    /// <summary>The values with what an allocation carries in working hours.</summary>
    public static PlanValues Working(PlanValues values) => values
        .With(Constants.PacketsPerSecond, values[Constants.WorkPackets])
        .With(Constants.Megabits, values[Constants.WorkMegabits]);

    public int Edges(double peakAllocations) => (int)Math.Ceiling(peakAllocations * Share / Math.Max(1, Edge.Allocations)) + SpareEdges;

    public double Gigabits(double peakAllocations) => peakAllocations * Share * Bits / 1e9;

    private static PlanHour Of(string name, double share, PlanValues values) =>
        new(name, share, EdgeSize.Of(values), EdgeSize.BitsOf(values), values[Constants.PacketsPerSecond]);
}
