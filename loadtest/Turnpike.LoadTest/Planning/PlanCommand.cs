using System.Text.Json;
using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest.Planning;

internal static class PlanCommand
{
    private const string Usage = "turnpike-loadtest plan [options]";
    private const string Summary = "Reckons what so many allocations need, from constants that were measured or are assumed, and says which limit binds. Every constant is an option.";

    public static int Run(IReadOnlyList<string> arguments)
    {
        ParsedOptions given = ParsedOptions.Parse(PlanOptions.Known, arguments);
        if (given.Flag("help"))
        {
            Console.Out.Write(HelpText.For(Usage, Summary, PlanOptions.Known));
            return ExitCode.Success;
        }

        string? json = given.Text("json");
        ResultFile.Check(json, "json");
        PlanOptions options = PlanOptions.From(given);
        Planner planner = new(options.Values);
        PlanResult result = new([.. options.Sizes.Select(planner.Of)], options.Constants);
        (json == "-" ? Console.Error : Console.Out).Write(PlanTable.Of(result));
        return ResultFile.TryWrite(json, JsonSerializer.Serialize(result, ResultJson.Default.PlanResult), "json") ? ExitCode.Success : ExitCode.Failure;
    }
}
