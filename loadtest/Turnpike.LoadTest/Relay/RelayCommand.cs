using System.Globalization;
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
        string[] problems = [.. Problems(result, maximumLoss)];
        foreach (string problem in problems)
        {
            Console.Error.WriteLine($"turnpike-loadtest: {problem}");
        }

        bool isWritten = ResultFile.TryWrite(json, JsonSerializer.Serialize(result, ResultJson.Default.RelayResult), "json");
        return isWritten && problems.Length == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    /// <summary>Why the run failed: whatever loss is tolerated it is not to be interrupted, to bring nothing one way, or to lose allocations.</summary>
    public static IEnumerable<string> Problems(RelayResult result, double maximumLoss)
    {
        if (result.Interrupted)
        {
            yield return "interrupted before its end";
        }

        if (result.Received == 0)
        {
            yield return result.Sent == 0 ? "nothing was measured" : Silence.Whole;
        }
        else if (result.Up is { IsSilent: true } || result.Down is { IsSilent: true })
        {
            yield return $"no packet arrived {(result.Up is { IsSilent: true } ? "at the peer" : "at the clients")}";
        }
        else if (result.SilentSince is double since)
        {
            yield return Silence.Describe(since, result.Seconds);
        }

        if (result.LostAllocations != 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{result.LostAllocations} allocations ended while they were in use, the first: {result.FirstFailure}");
        }

        if (result.LossPercent > maximumLoss)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{result.LossPercent:0.###} % were lost, more than --max-loss {maximumLoss}");
        }
    }
}
