using System.Text.Json;
using Turnpike.LoadTest.CommandLine;

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

        RelayOptions options = RelayOptions.From(given, TimeProvider.System);
        double maximumLoss = given.Number("max-loss", 0, 100);
        using var run = new RelayRun(options, TimeProvider.System);
        RelayResult result = run.Execute(null, stop);

        string? json = given.Text("json");
        (json == "-" ? Console.Error : Console.Out).Write(RelaySummary.Of(result));
        ResultFile.Write(json, JsonSerializer.Serialize(result, ResultJson.Default.RelayResult));
        return Verdict(result, maximumLoss);
    }

    /// <summary>A run through which nothing came, or which lost allocations, is a failure whatever loss is tolerated.</summary>
    public static int Verdict(RelayResult result, double maximumLoss) =>
        result.Received == 0 || result.LostAllocations != 0 || result.LossPercent > maximumLoss ? ExitCode.Failure : ExitCode.Success;
}
