using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest.Simulation;

internal static class SimulateCommand
{
    private const string Usage = "turnpike-loadtest simulate [options]";
    private const string Summary = "Simulates days of load under Turnpike's scaler, an oracle and CPU-based autoscalers: refused and dropped calls, and edge-hours.";

    public static int Run(IReadOnlyList<string> arguments, CancellationToken stop)
    {
        ParsedOptions given = ParsedOptions.Parse(SimulateOptions.Known, arguments);
        if (given.Flag("help"))
        {
            Console.Out.Write(HelpText.For(Usage, Summary, SimulateOptions.Known));
            return ExitCode.Success;
        }

        SimulateOptions options = SimulateOptions.From(given);
        ResultFolder.Prepare(options.Output, "output");
        IReadOnlyList<(string Name, SimulationTotals Totals)> results = SimulationRun.Execute(options, stop);
        Console.Out.Write(SimulationTable.Of(options, results));
        Console.Out.WriteLine();
        Console.Out.Write(StoreTable.Of(results[1].Totals.Store));
        return ResultFolder.TryWrite(options.Output, SimulationPlots.Files(options, results), "output") ? ExitCode.Success : ExitCode.Failure;
    }
}
