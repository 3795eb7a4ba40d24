using System.Text.Json;
using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest.Cluster;

internal static class ClusterCommand
{
    private const string Usage = "turnpike-loadtest cluster [options]";
    private const string Summary = "Measures what being one cluster costs: Allocates with quotas, the store's work, many edges, credentials. Linux only.";

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken stop)
    {
        ParsedOptions given = ParsedOptions.Parse(FigureOptions.Known, arguments);
        if (given.Flag("help"))
        {
            Console.Out.Write(HelpText.For(Usage, Summary, FigureOptions.Known));
            return ExitCode.Success;
        }

        string? json = given.Text("json");
        ResultFile.Check(json, "json");
        ClusterFigures figures = await new FigureRun(FigureOptions.From(given), TimeProvider.System, Console.Error).ExecuteAsync(stop);
        (json == "-" ? Console.Error : Console.Out).Write(FigureTable.Of(figures));
        return ResultFile.TryWrite(json, JsonSerializer.Serialize(figures, ResultJson.Default.ClusterFigures), "json") ? ExitCode.Success : ExitCode.Failure;
    }
}
