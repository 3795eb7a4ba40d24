using System.Globalization;
using System.Text;

namespace Turnpike.LoadTest.Simulation;

/// <summary>The results as Markdown.</summary>
internal static class SimulationTable
{
    public static string Of(SimulateOptions options, IReadOnlyList<(string Name, SimulationTotals Totals)> results)
    {
        SimulationTotals oracle = results[0].Totals;
        var text = new StringBuilder();
        Line(text, $"{options.Days:0.##} days, {options.PeakEdges:0} edges at the peak, seed {options.Seed}, {oracle.Offered} calls.");
        text.AppendLine();
        Line(text, $"| scaler | edge-hours | ÷ oracle | refused | refused, % | dropped by scaling | dropped by failures |");
        Line(text, $"| --- | --- | --- | --- | --- | --- | --- |");
        foreach ((string name, SimulationTotals totals) in results)
        {
            Line(text, $"| {name} | {Hours(totals.EdgeSteps):0} | {(double)totals.EdgeSteps / oracle.EdgeSteps:0.000} | {totals.Refused} | {totals.RefusedShare * 100:0.0000} | {totals.DroppedByScaling} | {totals.DroppedByFailures} |");
        }
        Line(text, $"| calls could move | {Hours(oracle.LeastEdgeSteps):0} | {(double)oracle.LeastEdgeSteps / oracle.EdgeSteps:0.000} | | | | |");
        return text.ToString();

        double Hours(long steps) => steps * options.StepSeconds / 3600;
    }

    private static void Line(StringBuilder text, FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
