namespace Turnpike.Scaling;

/// <summary>Which edges go, and which come back.</summary>
internal static class Victims
{
    /// <summary>Edges in service, the cheapest first: those that are to go anyway, then those with the fewest calls, which are empty soonest.</summary>
    public static IReadOnlyList<string> Of(FleetView view) =>
    [
        .. view.Serving
            .OrderByDescending(edge => edge.GoesFirst)
            .ThenBy(edge => edge.Load.Allocations)
            .ThenBy(edge => edge.State == EdgeState.Ready)
            .ThenBy(edge => edge.Load.BitsPerSecond)
            .ThenBy(edge => edge.Id, StringComparer.Ordinal)
            .Select(edge => edge.Id),
    ];

    /// <summary>Edges that drain for the scaler, the fullest first: those would take longest to be empty.</summary>
    public static IEnumerable<string> Undrainable(FleetView view) => view.Draining
        .Where(edge => edge is { Drain: EdgeDrain.ScaleIn, GoesFirst: false } && edge.State != EdgeState.NotReady)
        .OrderByDescending(edge => edge.Load.Allocations)
        .ThenBy(edge => edge.Id, StringComparer.Ordinal)
        .Select(edge => edge.Id);
}
