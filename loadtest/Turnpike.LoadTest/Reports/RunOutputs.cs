using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Scenarios;
using Turnpike.LoadTest.Search;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Reports;

/// <summary>What becomes of a run: what is shown meanwhile, searched after it, written, and judged.</summary>
internal sealed class RunOutputs
{
    public static readonly Option[] Known =
    [
        new("bar", "BARS", Bar.Help),
        new("bars", "FILE", "the same from a file: bars with commas or on lines of their own, comments behind #"),
        new("find", null, "after the run look for the highest rate, as a multiple of the scenario's, that loses no more than is tolerated"),
        new("find-loss", "PERCENT", "what --find tolerates", "0.1"),
        new("find-seconds", "S", "how long --find runs at each rate", "5"),
        new("find-precision", "PERCENT", "--find ends when it knows the rate to this", "5"),
        new("report", "FILE", "write the result as a page of HTML with plots"),
        new("json", "FILE", "write the result as JSON, for compare; - is the standard output (the summary then goes to standard error)"),
        new("quiet", null, "show nothing while it runs"),
    ];

    private readonly ParsedOptions _given;
    private readonly ReportOrigin _origin;
    private readonly IReadOnlyList<Bar> _bars;
    private readonly double _toleratedLossPercent;
    private readonly SearchPlan _plan;
    private readonly DisplayMode _mode;
    private string? _searchProblem;

    private RunOutputs(ParsedOptions given, IReadOnlyList<string> arguments)
    {
        _given = given;
        _origin = ReportOrigin.Here("run", arguments);
        _bars = Bars(given);
        _toleratedLossPercent = given.Number("find-loss", 0, 50);
        _plan = new SearchPlan(
            Precision: 1 + (given.Number("find-precision", 0.1, 100) / 100), StepSeconds: given.Number("find-seconds", 0.5, 3600));
        _mode = LiveDisplay.ModeFor(given.Flag("quiet"), Console.IsErrorRedirected, Environment.GetEnvironmentVariable);
    }

    /// <summary>What is done after the run; null where nothing is looked for.</summary>
    public SearchPlan? Search => _given.Flag("find") ? _plan : null;

    /// <exception cref="UsageException">A bar is none, a file cannot be written, or an option is for a search that is not asked for.</exception>
    public static RunOutputs From(ParsedOptions given, IReadOnlyList<string> arguments)
    {
        foreach (string option in new[] { "find-loss", "find-seconds", "find-precision" })
        {
            if (given.Has(option) && !given.Flag("find"))
            {
                throw new UsageException($"--{option} is for --find");
            }
        }

        string? report = given.Text("report");
        string? json = given.Text("json");
        ResultFile.Check(report, "report");
        ResultFile.Check(json, "json");
        return report == "-" ? throw new UsageException("--report is a file, not -")
            : report is not null && json is not null && Path.GetFullPath(report) == Path.GetFullPath(json)
                ? throw new UsageException($"--report and --json are two files, not both {json}")
            : new RunOutputs(given, arguments);
    }

    /// <summary>The run, and the search after it where one is asked for.</summary>
    public ScenarioResult Run(ScenarioOptions options, TimeProvider time, CancellationToken stop)
    {
        ScenarioResult result = Once(options, "", _mode, time, stop);
        return Search is { } plan && !result.Interrupted ? result with { Highest = FindHighest(plan, options, time, stop) } : result;
    }

    /// <summary>Writes what is asked for, and the verdict's problems to the standard error.</summary>
    /// <returns>The exit code.</returns>
    public int Write(ScenarioResult result, ScenarioOptions options)
    {
        var verdict = Verdict.Of(result, _bars, _searchProblem);
        TextWriter console = _given.Text("json") == "-" ? Console.Error : Console.Out;
        console.Write(ScenarioSummary.Of(result, options.Pacing));
        foreach (BarVerdict bar in verdict.Bars.Where(bar => bar.IsMet))
        {
            console.WriteLine($"bar          {bar.Sentence}");
        }

        foreach (string problem in verdict.Problems)
        {
            Console.Error.WriteLine($"turnpike-loadtest: {problem}");
        }

        bool areWritten = ResultFile.TryWrite(_given.Text("json"), ScenarioFile.ToJson(result), "json")
            & ResultFile.TryWrite(_given.Text("report"), ScenarioReport.Of(result, verdict, _origin), "report");
        return verdict.IsPassed && areWritten ? ExitCode.Success : ExitCode.Failure;
    }

    private static IReadOnlyList<Bar> Bars(ParsedOptions given)
    {
        IReadOnlyList<Bar> bars =
        [
            .. given.Text("bar") is string text ? Bar.ParseAll(text, "--bar") : [],
            .. given.Text("bars") is string file ? Bar.ReadAll(file) : [],
        ];
        string? twice = bars.GroupBy(bar => bar.Figure.Key).FirstOrDefault(each => each.Count() > 1)?.Key;
        string? unsearched = bars.Any(bar => bar.Figure.Key == "highest") && !given.Flag("find") ? "a bar for highest needs --find" : null;
        return twice is not null ? throw new UsageException($"--bar and --bars both have one for {twice}")
            : unsearched is not null ? throw new UsageException(unsearched)
            : bars;
    }

    private HighestRate? FindHighest(SearchPlan plan, ScenarioOptions options, TimeProvider time, CancellationToken stop)
    {
        try
        {
            return HighestRateSearch.Find(factor => Step(options.Scaled(factor).WithSeconds(plan.StepSeconds), time, stop), _toleratedLossPercent, plan, Tell);
        }
        catch (OperationCanceledException)
        {
            _searchProblem = "the search for the highest rate was interrupted; the run before it is complete";
        }
        catch (TurnRefusedException refusal)
        {
            _searchProblem = $"the search for the highest rate ended before it had one: {refusal.Message}";
        }

        return null;
    }

    private RateStep Step(ScenarioOptions options, TimeProvider time, CancellationToken stop)
    {
        try
        {
            string rate = $" at {Figure.Rate.Text(options.OfferedPacketsPerSecond)}";
            ScenarioResult result = Once(options, rate, _mode == DisplayMode.Live ? _mode : DisplayMode.None, time, stop);
            stop.ThrowIfCancellationRequested();
            return JudgedStep.Of(result, _toleratedLossPercent);
        }
        catch (TurnRefusedException refusal) when (!refusal.IsOfCredential)
        {
            // Nothing goes through a server that does not answer any more.
            Console.Error.WriteLine($"turnpike-loadtest: {refusal.Message}");
            return new RateStep(options.OfferedPacketsPerSecond, 100, 0, GeneratorKeptSchedule: true);
        }
    }

    private void Tell(RateStep step, StepOutcome outcome)
    {
        if (_mode != DisplayMode.None)
        {
            string what = outcome switch
            {
                StepOutcome.Held => "holds",
                StepOutcome.Failed => "too much",
                _ => "the generator is the limit",
            };
            Console.Error.WriteLine(FormattableString.Invariant($"find: {step.OfferedPacketsPerSecond:0} packets/s, {step.LossPercent:0.###} % lost, p99 {Figure.Time(step.LatencyP99Microseconds)}: {what}"));
        }
    }

    private static ScenarioResult Once(ScenarioOptions options, string what, DisplayMode mode, TimeProvider time, CancellationToken stop)
    {
        var progress = new RunProgress($"{options.Scenario} → {options.Target.Name}{what}", options.WarmupSeconds, options.Seconds);
        using var run = new ScenarioRun(options, time);
        ScenarioResult result;
        using (var display = new LiveDisplay(Console.Error, mode, progress, TerminalWidth, time))
        {
            result = run.Execute(display, stop);
        }

        if (run.Replaced != 0)
        {
            Console.Error.WriteLine($"turnpike-loadtest: {run.Replaced} allocations were made anew, because their credential was about to end");
        }

        return result;
    }

    private static int TerminalWidth()
    {
        try
        {
            return Console.WindowWidth is > 0 and int width ? width : 80;
        }
        catch (IOException)
        {
            return 80;
        }
    }
}
