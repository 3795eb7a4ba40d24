namespace Turnpike.LoadTest.Simulation;

/// <summary>Runs the same days under each scaler, with a clock of its own.</summary>
internal static class SimulationRun
{
    public static IReadOnlyList<(string Name, SimulationTotals Totals)> Execute(SimulateOptions options, CancellationToken stop)
    {
        Demand demand = new(options);
        List<ISimulatedScaler> scalers = [new OracleScaler(), new TurnpikeScaler(options.Policy)];
        scalers.AddRange(options.CpuPercents.Select(percent => new CpuScaler(percent, options.GraceSeconds, options.Seed)));
        return [.. scalers.Select(scaler => (scaler.Name, Execute(scaler, demand, options, stop)))];
    }

    private static SimulationTotals Execute(ISimulatedScaler scaler, Demand demand, SimulateOptions options, CancellationToken stop)
    {
        SimulatedFleet fleet = new(demand, options);
        fleet.Fill();
        while (fleet.Step < demand.Steps)
        {
            stop.ThrowIfCancellationRequested();
            scaler.Act(fleet);
            fleet.Pass();
        }
        return fleet.Totals;
    }
}
