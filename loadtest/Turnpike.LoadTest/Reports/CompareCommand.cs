using System.Globalization;
using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest.Reports;

internal static class CompareCommand
{
    private const string Usage = "turnpike-loadtest compare FIRST.json OTHER.json [MORE.json …] [options]";
    private const string Summary = "Compares results that 'run --json' wrote: each figure, its ratio to the first file's, and whether that is better or worse.";

    private static readonly Option[] Known =
    [
        new("tolerance", "PERCENT", "a difference up to this counts as the same", "10%"),
        new("max-regression", "PERCENT", "exit with 1 when a figure is worse than the first file's by more than this, or missing"),
        new("report", "FILE", "write the comparison as a page of HTML, with plots over each other"),
        new("help", null, "this text"),
    ];

    public static int Run(IReadOnlyList<string> arguments)
    {
        var files = new List<string>();
        ParsedOptions given = ParsedOptions.Parse(Known, arguments, files);
        if (given.Flag("help"))
        {
            Console.Out.Write(HelpText.For(Usage, Summary, Known));
            return ExitCode.Success;
        }

        ResultFile.Check(given.Text("report"), "report");
        double tolerance = Percent(given, "tolerance");
        double? maximum = given.Has("max-regression") ? Percent(given, "max-regression") : null;
        if (files.Count < 2)
        {
            throw new UsageException($"two files at least are needed to compare: {Usage}");
        }

        Comparison comparison = Comparison.Of([.. Names(files).Zip(files, (name, file) => new ComparedRun(name, ScenarioFile.Read(file)))], tolerance);
        string[] regressions = maximum is double percent ? [.. comparison.Regressions(percent)] : [];
        Console.Out.Write(ComparisonText.Of(comparison));
        foreach (string regression in regressions)
        {
            Console.Error.WriteLine($"turnpike-loadtest: {TerminalText.Printable(regression)}");
        }

        string page = ComparisonReport.Of(comparison, tolerance, regressions, ReportOrigin.Here("compare", arguments));
        return ResultFile.TryWrite(given.Text("report"), page, "report") && regressions.Length == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    /// <summary>The files' names without folder and ending where that tells them apart, else the whole paths.</summary>
    internal static IReadOnlyList<string> Names(IReadOnlyList<string> files)
    {
        string[] names = [.. files.Select(file => Path.GetFileNameWithoutExtension(file))];
        return names.Distinct(StringComparer.Ordinal).Count() == names.Length ? names : files;
    }

    private static double Percent(ParsedOptions given, string name)
    {
        string text = given.RequiredText(name);
        string number = text.EndsWith('%') ? text[..^1] : text;
        return double.TryParse(number.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double percent) && percent <= 10_000
            ? percent
            : throw new UsageException($"--{name} is a number of percent from 0 to 10000, as 10 or 10%, not '{text}'");
    }
}
