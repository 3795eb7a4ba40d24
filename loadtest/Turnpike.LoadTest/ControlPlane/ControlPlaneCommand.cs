using System.Text.Json;
using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest.ControlPlane;

internal static class ControlPlaneCommand
{
    private const string Usage = "turnpike-loadtest control-plane [options]";
    private const string Summary =
        "Measures a control plane: credentials a second and core, time of an answer at a fixed rate, memory of watchers of events. Linux only.";

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken stop)
    {
        ParsedOptions given = ParsedOptions.Parse(ApiOptions.Known, arguments);
        if (given.Flag("help"))
        {
            Console.Out.Write(HelpText.For(Usage, Summary, ApiOptions.Known));
            return ExitCode.Success;
        }

        string? json = given.Text("json");
        ResultFile.Check(json, "json");
        ApiFigures figures = await new ApiRun(ApiOptions.From(given), TimeProvider.System, Console.Error).ExecuteAsync(stop);
        (json == "-" ? Console.Error : Console.Out).Write(ApiTable.Of(figures));
        bool isWritten = ResultFile.TryWrite(json, JsonSerializer.Serialize(figures, ResultJson.Default.ApiFigures), "json");
        return isWritten && figures.Latency.Failed == 0 ? ExitCode.Success : ExitCode.Failure;
    }
}
