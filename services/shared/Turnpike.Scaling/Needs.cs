namespace Turnpike.Scaling;

/// <summary>What each dimension needs.</summary>
internal static class Needs
{
    // Less would need more edges than there can be for any load.
    private const double LeastTarget = 0.01;

    // What rounding leaves over is no edge.
    private const double Rounding = 1e-9;

    public static IReadOnlyList<DimensionFigures> Of(FleetView view, ScalingPolicy policy, Figures growth) =>
        [.. Figures.Dimensions.Select(dimension => Of(dimension, view, policy, growth[dimension]))];

    /// <summary>Whole edges for a need.</summary>
    public static int Edges(double needed) => (int)Math.Ceiling(needed * (1 - Rounding));

    /// <summary>
    /// How many of the ready edges may go at most: what is left must hold load and buffer even if the largest ones go. With edges of
    /// one size this is what the need says; with edges of several sizes an average says too little.
    /// </summary>
    public static int Spare(FleetView view, IReadOnlyList<DimensionFigures> dimensions)
    {
        int spare = view.Ready.Count;
        foreach (DimensionFigures figures in dimensions.Where(figures => figures.Needed is not null))
        {
            double[] capacities = view.Capacities(figures.Dimension);
            double wanted = (figures.Load + figures.Buffer) / figures.Target * (1 - Rounding);
            double left = 0;
            int stay = 0;
            while (stay < capacities.Length && left < wanted)
            {
                left += capacities[stay++];
            }
            spare = Math.Min(spare, capacities.Length - stay);
        }
        return spare;
    }

    private static DimensionFigures Of(Dimension dimension, FleetView view, ScalingPolicy policy, double growth)
    {
        double target = policy.TargetUtilization[dimension];
        target = target >= LeastTarget ? Math.Min(target, 1) : LeastTarget;
        double load = view.Load(dimension);
        double capacity = view.Capacities(dimension).Sum();
        double? edge = view.EdgeCapacity(dimension);
        double buffer = Math.Max(
            Math.Max(Number(policy.Buffer.Edges) * target * (edge ?? 0), Number(policy.Buffer.Percent) / 100 * load),
            Number(growth * policy.Buffer.ProvisioningTime.TotalSeconds));
        double? needed = edge is double one ? Math.Min((load + buffer) / (target * one), Bounds.Most) : null;
        return new DimensionFigures(dimension, load, capacity, edge, growth, buffer, target, needed);
    }

    private static double Number(double value) => double.IsFinite(value) && value > 0 ? value : 0;
}
