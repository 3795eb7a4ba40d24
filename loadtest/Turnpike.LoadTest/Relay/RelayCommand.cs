using System.Text.Json;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Relay;

internal static class RelayCommand
{
    private const string Usage = "turnpike-loadtest relay --server HOST:PORT (--secret TEXT | --user NAME --password TEXT) [options]";
    private const string Summary = "Relays traffic through a TURN server over UDP and reports loss, order and latency.";

    public static int Run(IReadOnlyList<string> arguments, CancellationToken stop)
    {
        ParsedOptions given = ParsedOptions.Parse(RelayOptions.Known, arguments);
        if (given.Flag("help"))
        {
            Console.Out.Write(HelpText.For(Usage, Summary, RelayOptions.Known));
            return ExitCode.Success;
        }

        SecretVariables.Supply(given, Environment.GetEnvironmentVariable);
        RelayOptions options = RelayOptions.From(given, TimeProvider.System);
        double maximumLoss = given.Number("max-loss", 0, 100);
        string? json = given.Text("json");
        ResultFile.Check(json, "json");
        using var run = new RelayRun(options, TimeProvider.System);
        RelayResult result = run.Execute(null, stop);

        (json == "-" ? Console.Error : Console.Out).Write(RelaySummary.Of(result));
        bool isWritten = ResultFile.TryWrite(json, JsonSerializer.Serialize(result, ResultJson.Default.RelayResult), "json");
        return isWritten ? Verdict(result, maximumLoss) : ExitCode.Failure;
    }

    /// <summary>A run that was interrupted, through which nothing came one way, or which lost allocations, is a failure whatever loss is tolerated.</summary>
    public static int Verdict(RelayResult result, double maximumLoss) =>
        result.Interrupted || result.Received == 0 || result.Up is { IsSilent: true } || result.Down is { IsSilent: true } || result.LostAllocations != 0 || result.LossPercent > maximumLoss ? ExitCode.Failure : ExitCode.Success;
}
