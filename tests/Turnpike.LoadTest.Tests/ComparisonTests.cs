using System.Xml.Linq;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Reports;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Tests;

public sealed class ComparisonTests
{
    [Theory]
    [InlineData("rate", 100.0, 89.0, "Worse")]
    [InlineData("rate", 100.0, 111.0, "Better")]
    [InlineData("rate", 100.0, 91.0, "Same")]
    [InlineData("p99", 1000.0, 1201.0, "Worse")]
    [InlineData("p99", 1000.0, 799.0, "Better")]
    [InlineData("p99", 200.0, 290.0, "Same")] // less than 0.1 ms is nothing
    [InlineData("loss", 0.0, 0.005, "Same")]
    [InlineData("loss", 0.0, 0.02, "Worse")]
    [InlineData("lost-allocations", 0.0, 1.0, "Worse")]
    [InlineData("highest", 100.0, null, "Missing")]
    [InlineData("highest", null, 100.0, "Unknown")]
    public void A_figure_is_better_or_worse_by_its_own_direction_and_beyond_the_tolerance(string key, double? first, double? value, string expected) =>
        Assert.Equal(expected, Comparison.Compare(Figure.All.Single(figure => figure.Key == key), first, value, 10).Change.ToString());

    [Fact]
    public void Each_figure_that_is_worse_by_more_than_allowed_is_a_regression()
    {
        Comparison comparison = Comparison.Of([new("old", SampleResults.Searched()), new("new", Slower())], 10);

        Assert.Empty(comparison.Warnings);
        Assert.Equal(
            ["new: delay, 99th percentile 20.0 ms, 9.00 ms in old: worse by more than 100 %", "new: delay, 99.9th percentile 40.0 ms, 18.0 ms in old: worse by more than 100 %", "new: no highest rate, which old has"],
            comparison.Regressions(100));
        Assert.Empty(Comparison.Of([new("old", Slower()), new("new", SampleResults.Searched())], 10).Regressions(0));
    }

    [Fact]
    public void Runs_that_are_not_alike_are_said_to_be()
    {
        ScenarioResult other = SampleResults.Mixed() with
        {
            Scenario = "voice",
            Transport = "tls",
            Framing = "send",
            Churn = null,
            Generator = new GeneratorResult(1, 400, 0, 0),
        };
        IReadOnlyList<string> warnings = Comparison.Of([new("a", SampleResults.Mixed()), new("b", other)], 10).Warnings;

        Assert.Equal(5, warnings.Count);
        Assert.All(["scenario", "transport", "framing", "load"], what => Assert.Contains(warnings, warning => warning.StartsWith($"b has another {what} than a", StringComparison.Ordinal)));
        Assert.Contains(warnings, warning => warning.StartsWith("b: the generator", StringComparison.Ordinal));
    }

    [Fact]
    public void Runs_that_differ_in_what_no_figure_shows_are_said_to_be_not_alike()
    {
        ScenarioResult mixed = SampleResults.Mixed();
        (string What, ScenarioResult Other)[] others =
        [
            ("pacing", mixed with { Pacing = Pacing.Spin }),
            ("time", mixed with { WarmupSeconds = 5 }),
            ("load", mixed with { Churn = mixed.Churn! with { HoldSeconds = 20 } }),
            ("load", mixed with { Churn = mixed.Churn! with { Packets = null } }),
            ("load", mixed with { Streams = [mixed.Streams[0], mixed.Streams[1] with { Direction = Direction.Pairs }] }),
        ];
        Assert.All(others, other => Assert.StartsWith(
            $"b has another {other.What} than a", Assert.Single(Comparison.Of([new("a", mixed), new("b", other.Other)], 10).Warnings), StringComparison.Ordinal));
    }

    [Fact]
    public void A_figure_that_is_gone_is_not_nothing()
    {
        Comparison comparison = Comparison.Of([new("old", SampleResults.Searched()), new("new", SampleResults.Mixed())], 10);
        string page = ComparisonReport.Of(comparison, 10, [], new ReportOrigin("", "", ""));
        Assert.Contains("Some figures are worse or missing", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Nothing is worse", page, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_file_says_does_not_move_the_cursor()
    {
        ScenarioResult hostile = SampleResults.Mixed() with { Scenario = "\e[2J\u202E" + new string('x', 1000) };
        string text = ComparisonText.Of(Comparison.Of([new("a", SampleResults.Mixed()), new("b\r", hostile)], 10));
        Assert.DoesNotContain(text, each => each is '\e' or '\r' or '\u202E');
        Assert.Contains("another scenario than a: ?[2J?xxx", text, StringComparison.Ordinal);
        Assert.DoesNotContain(new string('x', 300), text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_lines_up_and_the_page_has_every_run_in_each_plot()
    {
        Comparison comparison = Comparison.Of([new("old", SampleResults.Searched()), new("<new>", Slower()), new("third", SampleResults.Mixed())], 10);

        string[] lines = ComparisonText.Of(comparison).Split(Environment.NewLine);
        string p99 = Assert.Single(lines, line => line.StartsWith("delay, 99th", StringComparison.Ordinal));
        Assert.Matches(@"^delay, 99th percentile\s+9\.00 ms\s+20\.0 ms\s+2\.22\s+worse\s+9\.00 ms\s+1\.00\s+same$", p99);
        Assert.Equal(lines[0].IndexOf("<new>", StringComparison.Ordinal) + "<new>".Length, p99.IndexOf("20.0 ms", StringComparison.Ordinal) + "20.0 ms".Length);

        string page = ComparisonReport.Of(comparison, 10, [], new ReportOrigin("turnpike-loadtest compare", "", ""));
        Assert.DoesNotContain("<new>", page, StringComparison.Ordinal);
        string[] plots = [.. page.Split("<svg ").Skip(1).Select(part => "<svg " + part[..(part.IndexOf("</svg>", StringComparison.Ordinal) + 6)])];
        Assert.Equal(7, plots.Length);
        Assert.All(plots, plot => Assert.Contains(XElement.Parse(plot).Elements(), element => element.Value == "<new>"));
    }

    [Fact]
    public void Files_are_compared_and_the_exit_code_is_the_verdict()
    {
        string folder = Directory.CreateTempSubdirectory("turnpike-compare-").FullName;
        try
        {
            string[] files = [Path.Combine(folder, "a.json"), Path.Combine(folder, "b.json")];
            File.WriteAllText(files[0], ScenarioFile.ToJson(SampleResults.Mixed()));
            File.WriteAllText(files[1], ScenarioFile.ToJson(Slower()));
            string page = Path.Combine(folder, "c.html");

            Assert.Equal(ExitCode.Success, CompareCommand.Run([.. files, "--tolerance", "5", "--report", page]));
            Assert.Equal(ExitCode.Failure, CompareCommand.Run(["--max-regression=20%", .. files]));
            Assert.Equal(ExitCode.Success, CompareCommand.Run([files[1], files[0], "--max-regression", "20"]));
            Assert.Contains("b compared with a", File.ReadAllText(page), StringComparison.Ordinal);
            Assert.Throws<UsageException>(() => CompareCommand.Run([files[0]]));
            Assert.Throws<UsageException>(() => CompareCommand.Run([.. files, "--tolerance", "lots"]));
            Assert.Throws<UsageException>(() => CompareCommand.Run([files[0], page]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Files_of_the_same_name_are_told_apart_by_their_folders()
    {
        Assert.Equal(["a", "b"], CompareCommand.Names(["x/a.json", "y/b.json"]));
        Assert.Equal(["x/a.json", "y/a.json"], CompareCommand.Names(["x/a.json", "y/a.json"]));
    }

    private static ScenarioResult Slower()
    {
        ScenarioResult mixed = SampleResults.Mixed();
        return mixed with { Streams = [mixed.Streams[0], mixed.Streams[1] with { Up = SampleResults.Direction(10_000, 9990, 20_000, 700) }] };
    }
}
