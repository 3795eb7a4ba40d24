using System.Text.Json;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Measuring;

namespace Turnpike.LoadTest.Bench;

internal static class BenchCommand
{
    private const string Usage = "turnpike-loadtest bench [options]\n       turnpike-loadtest bench --from FILE [--plots FOLDER] [--bars]";
    private const string Summary = "Compares what servers cost a relayed packet, on this machine, in one run; prints Markdown. Linux only.";

    private static readonly string[] OfAResult = ["from", "plots", "bars"];

    public static int Run(IReadOnlyList<string> arguments, CancellationToken stop)
    {
        ParsedOptions given = ParsedOptions.Parse(BenchOptions.Known, arguments);
        if (given.Flag("help"))
        {
            Console.Out.Write(HelpText.For(Usage, Summary, BenchOptions.Known));
            return ExitCode.Success;
        }

        string? folder = given.Text("plots");
        string? json = given.Text("json");
        ResultFolder.Prepare(folder, "plots");
        ResultFile.Check(json, "json");
        BenchResult result = given.Text("from") is string from ? Read(from, given) : Measure(given, stop);
        (json == "-" ? Console.Error : Console.Out).Write(BenchTable.Of(result));
        bool areWritten = ResultFile.TryWrite(json, JsonSerializer.Serialize(result, ResultJson.Default.BenchResult), "json")
            & ResultFolder.TryWrite(folder, BenchPlots.Files(result), "plots");
        int verdict = given.Flag("bars") ? Judge(result) : ExitCode.Success;
        return areWritten ? verdict : ExitCode.Failure;
    }

    private static int Judge(BenchResult result)
    {
        IReadOnlyList<string> problems = BenchBars.Problems(result);
        foreach (string problem in problems)
        {
            Console.Error.WriteLine($"turnpike-loadtest: {problem}");
        }

        return problems.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    public static BenchResult Read(string file, ParsedOptions given)
    {
        foreach (Option option in BenchOptions.Known.Where(option => given.Has(option.Name) && !OfAResult.Contains(option.Name)))
        {
            throw new UsageException($"--{option.Name} is about measuring, and --from takes a result that was measured before");
        }

        try
        {
            BenchResult? result = JsonSerializer.Deserialize(File.ReadAllText(file), ResultJson.Default.BenchResult);
            return result is { Machine: not null, Servers.Count: > 0, Samples: not null, Saturation: not null, Saturated: not null, Floor: not null, Allocates: not null, Memory: not null }
                ? result
                : throw new UsageException($"--from: {file} is not what this version's bench --json writes");
        }
        catch (JsonException exception)
        {
            throw new UsageException($"--from: {file} is not what bench --json writes: {exception.Message}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--from: {exception.Message}");
        }
    }

    private static BenchResult Measure(ParsedOptions given, CancellationToken stop)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new UsageException("bench reads Linux's /proc and pins CPUs; relay works everywhere");
        }

        return new BenchRun(BenchOptions.From(given, CpuAffinity.Allowed()), TimeProvider.System, Console.Error).Execute(stop);
    }
}
