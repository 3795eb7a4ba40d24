namespace Turnpike.Scaling;

/// <summary>The phrases that reasons are made of.</summary>
internal static class Words
{
    private const int Shown = 3;
    private static readonly string[] Prefixes = ["", " k", " M", " G", " T", " P", " E"];

    /// <summary>"1 edge", "3 edges".</summary>
    public static string Edges(int count) => count == 1 ? "1 edge" : Text($"{count} edges");

    /// <summary>"1 is in service", "3 are in service".</summary>
    public static string InService(int count) => count == 1 ? "1 is in service" : Text($"{count} are in service");

    /// <summary>"allocations need 12.4 edges: 9.1 k of load and 1.2 k of buffer, at 85 % of 1 k an edge".</summary>
    public static string Need(DimensionFigures figures) => Text(
        $"{Of(figures.Dimension)} need {Up(figures.Needed ?? 0):0.##} {(Up(figures.Needed ?? 0) is 1 ? "edge" : "edges")}: {Number(figures.Load)} of load and {Number(figures.Buffer)} of buffer, at {figures.Target * 100:0.#} % of {Number(figures.EdgeCapacity ?? 0)} an edge");

    /// <summary>The first few names.</summary>
    public static string List(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(Shown)) + (names.Count > Shown ? Text($" and {names.Count - Shown} more") : "");

    // A need of a little more than one edge is not one edge: that is why there shall be two.
    private static double Up(double needed) => Math.Ceiling((needed * 100) - 1e-6) / 100;

    private static string Of(Dimension dimension) => dimension switch
    {
        Dimension.Allocations => "allocations",
        Dimension.RelayPorts => "relay ports",
        Dimension.PacketsPerSecond => "packets a second",
        Dimension.BitsPerSecond => "bits a second",
        _ => "busy shards",
    };

    private static string Number(double value)
    {
        int step = 0;
        while (value >= 1000 && step < Prefixes.Length - 1)
        {
            value /= 1000;
            step++;
        }
        return Text($"{value:0.##}{Prefixes[step]}");
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
