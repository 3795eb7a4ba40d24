using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Probe;
using Turnpike.LoadTest.Reports;

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
        .. RunOutputs.Known,
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

        SecretVariables.Supply(given, Environment.GetEnvironmentVariable);
        var outputs = RunOutputs.From(given, arguments);
        string? token = Environment.GetEnvironmentVariable(IssuingApi.TokenVariable);
        ScenarioOptions options = await ScenarioArguments.ReadAsync(given, token, TimeProvider.System, stop, outputs.Search);
        ScenarioResult result = outputs.Run(options, TimeProvider.System, stop);
        if (options.Credentials is RenewedCredentials { Problem: string problem })
        {
            Console.Error.WriteLine($"turnpike-loadtest: no new credential: {problem}");
        }

        return outputs.Write(result, options);
    }
}
