using System.Text.Json;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Probe;
using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Scenarios;

/// <summary>Options, one run, outputs, and the exit code as a verdict.</summary>
internal static class RunCommand
{
    private const string Usage =
        "turnpike-loadtest run --scenario NAME --server HOST:PORT (--secret TEXT | --user NAME --password TEXT) [options]\n"
        + "       TURNPIKE_TOKEN=… turnpike-loadtest run --scenario NAME --api URL [options]";

    private const string Summary = "Runs a scenario against a TURN server and reports loss, jitter, one-way delay and Allocates.";

    public static readonly Option[] Known =
    [
        .. ScenarioArguments.Known,
        new("max-loss", "PERCENT", "exit with 1 when more than this is lost", "100"),
        new("json", "FILE", "write the result as JSON; - is the standard output (the summary then goes to standard error)"),
        new("help", null, "this text"),
    ];

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken stop)
    {
        ParsedOptions given = ParsedOptions.Parse(Known, arguments);
        if (given.Flag("help"))
        {
            Console.Out.Write(HelpText.For(Usage, Summary, Known));
            Console.Out.Write($"\nScenarios:\n{ScenarioArguments.Scenarios}");
            return ExitCode.Success;
        }

        double maximumLoss = given.Number("max-loss", 0, 100);
        string? token = Environment.GetEnvironmentVariable(IssuingApi.TokenVariable);
        ScenarioOptions options = await ScenarioArguments.ReadAsync(given, token, TimeProvider.System, stop);
        using var run = new ScenarioRun(options, TimeProvider.System);
        ScenarioResult result = run.Execute(observer: null, stop);

        string? json = given.Text("json");
        (json == "-" ? Console.Error : Console.Out).Write(ScenarioSummary.Of(result, options.Pacing));
        ResultFile.Write(json, JsonSerializer.Serialize(result, ResultJson.Default.ScenarioResult));
        if (run.Replaced != 0)
        {
            Console.Error.WriteLine($"turnpike-loadtest: {run.Replaced} allocations were made anew, because their credential was about to end");
        }

        if (options.Credentials is RenewedCredentials { Problem: string problem })
        {
            Console.Error.WriteLine($"turnpike-loadtest: no new credential: {problem}");
        }

        return Verdict(result, maximumLoss);
    }

    /// <summary>A run through which nothing came, in which no allocation was granted, or which lost allocations, is a failure whatever loss is tolerated.</summary>
    public static int Verdict(ScenarioResult result, double maximumLoss)
    {
        DirectionResult[] directions = [.. result.Streams.SelectMany(stream => new[] { stream.Up, stream.Down }).OfType<DirectionResult>()];
        long sent = directions.Sum(direction => direction.Sent);
        long received = directions.Sum(direction => direction.Received);
        bool isRefused = result.Churn is { Started: > 0, Succeeded: 0 };
        return received == 0 || isRefused || result.LostAllocations != 0 || DirectionResult.PercentLost(sent, received) > maximumLoss
            ? ExitCode.Failure
            : ExitCode.Success;
    }
}
