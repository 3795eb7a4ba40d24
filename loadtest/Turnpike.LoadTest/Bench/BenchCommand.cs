using System.Text.Json;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Measuring;

namespace Turnpike.LoadTest.Bench;

internal static class BenchCommand
{
    private const string Usage = "turnpike-loadtest bench [options]";
    private const string Summary = "Compares what servers cost a relayed packet, on this machine, in one run; prints Markdown. Linux only.";

    public static int Run(IReadOnlyList<string> arguments, CancellationToken stop)
    {
        ParsedOptions given = ParsedOptions.Parse(BenchOptions.Known, arguments);
        if (given.Flag("help"))
        {
            Console.Out.Write(HelpText.For(Usage, Summary, BenchOptions.Known));
            return ExitCode.Success;
        }

        if (!OperatingSystem.IsLinux())
        {
            throw new UsageException("bench reads Linux's /proc and pins CPUs; relay works everywhere");
        }

        BenchOptions options = BenchOptions.From(given, CpuAffinity.Allowed());
        BenchResult result = new BenchRun(options, TimeProvider.System, Console.Error).Execute(stop);
        string? json = given.Text("json");
        (json == "-" ? Console.Error : Console.Out).Write(BenchTable.Of(result));
        ResultFile.Write(json, JsonSerializer.Serialize(result, ResultJson.Default.BenchResult));
        return ExitCode.Success;
    }
}
