using System.Text.Json;
using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest.Store;

internal static class StoreCommand
{
    private const string Usage = "turnpike-loadtest store [options]";
    private const string Summary = "Measures what each kind of call costs a redis-server: time in the script, CPU in all, memory that it leaves; and what the fleet's list costs its readers.";

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken stop)
    {
        ParsedOptions given = ParsedOptions.Parse(StoreOptions.Known, arguments);
        if (given.Flag("help"))
        {
            Console.Out.Write(HelpText.For(Usage, Summary, StoreOptions.Known));
            return ExitCode.Success;
        }

        string? json = given.Text("json");
        ResultFile.Check(json, "json");
        StoreFigures figures = await new StoreRun(StoreOptions.From(given), TimeProvider.System, Console.Error).ExecuteAsync(stop);
        (json == "-" ? Console.Error : Console.Out).Write(StoreTable.Of(figures));
        return ResultFile.TryWrite(json, JsonSerializer.Serialize(figures, ResultJson.Default.StoreFigures), "json") ? ExitCode.Success : ExitCode.Failure;
    }
}
