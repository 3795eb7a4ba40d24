using System.Text;
using System.Text.RegularExpressions;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Reports;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Tests;

public sealed partial class ScenarioReportTests
{
    private static readonly ReportOrigin Origin = new("turnpike-loadtest run mixed", "2 CPUs", "1.0.0");

    [Fact]
    public void The_page_needs_nothing_else_and_is_the_same_for_the_same_run()
    {
        string page = Report(SampleResults.Searched(), "loss<=0.2");
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("href=", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("src=", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("url(", page, StringComparison.OrdinalIgnoreCase);
        Assert.All(Address().Matches(page), match => Assert.Equal("http://www.w3.org/2000/svg", match.Value));
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
        Assert.Equal(page, Report(SampleResults.Searched(), "loss<=0.2"));
        Assert.Equal(8, page.Split("<svg ").Length - 1);
    }

    [Fact]
    public void It_says_first_whether_the_run_passed_and_why_not()
    {
        Assert.Contains("<strong>Passed</strong>", Report(SampleResults.Mixed(), "loss<=0.2"), StringComparison.Ordinal);
        Assert.Contains("<strong>Completed</strong>", Report(SampleResults.Mixed(), null), StringComparison.Ordinal);
        string failed = Report(SampleResults.Mixed(), "loss<=0.05,p99<=20ms");
        Assert.Contains("<li>missed loss&lt;=0.05: packets lost 0.1 %</li>", failed, StringComparison.Ordinal);
        Assert.True(failed.IndexOf("<strong>Failed", StringComparison.Ordinal) < failed.IndexOf("<h2>", StringComparison.Ordinal));
        Assert.Contains("no packet arrived", Report(SampleResults.Silent(), null), StringComparison.Ordinal);
    }

    [Fact]
    public void Calls_that_come_and_go_are_told_apart_from_the_streams()
    {
        string page = Report(SampleResults.Mixed(), "call-setup-p50<=1ms,call-loss<=1%");
        Assert.Contains("<li>missed call-setup-p50&lt;=1ms: Allocate to first answer, median 2.50 ms</li>", page, StringComparison.Ordinal);
        Assert.Contains("5 × 160 B, and back", page, StringComparison.Ordinal);
        ChurnResult churn = SampleResults.Mixed().Churn!;
        ScenarioResult unanswered = SampleResults.Mixed() with { Churn = churn with { Packets = churn.Packets! with { Answered = 0 } } };
        Assert.Contains("no packet of calls that come and go was answered, of 200 sent", Report(unanswered, null), StringComparison.Ordinal);
        Assert.DoesNotContain("and back", Report(SampleResults.Mixed() with { Churn = churn with { Packets = null } }, null), StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_of_the_generator_is_told_before_the_figures()
    {
        const string Warning = "The generator was the limit";
        Assert.DoesNotContain(Warning, Report(SampleResults.Mixed(), null), StringComparison.Ordinal);
        string page = Report(SampleResults.Mixed() with { Generator = new GeneratorResult(9, 300, 4, 0) }, null);
        Assert.InRange(page.IndexOf(Warning, StringComparison.Ordinal), 0, page.IndexOf("Key figures", StringComparison.Ordinal));
        Assert.Contains("4 were not sent", page, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_server_and_the_command_line_say_stays_text()
    {
        const string Hostile = "<img src=x onerror=alert(1)>\"'&";
        ScenarioResult result = SampleResults.Mixed() with
        {
            Scenario = Hostile,
            Server = Hostile,
            Transport = Hostile,
            Framing = Hostile,
            LostAllocations = 1,
            FirstFailure = Hostile,
            Streams = [SampleResults.Mixed().Streams[0] with { Name = Hostile }],
            Churn = SampleResults.Mixed().Churn! with { Failures = new Dictionary<string, long> { [Hostile] = 1 } },
        };
        string page = ScenarioReport.Of(result, Verdict.Of(result, []), new ReportOrigin(Hostile, Hostile, Hostile));
        Assert.DoesNotContain("<img", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_command_line_is_shown_without_its_secrets() => Assert.Equal(
        "turnpike-loadtest run voice --server turn:3478 --secret … --password=… --user 'a b' --json x.json",
        ReportOrigin.CommandLine("run", ["voice", "--server", "turn:3478", "--secret", "s3cret", "--password=p:w", "--user", "a b", "--json", "x.json"]));

    [Theory]
    [InlineData("--api", "https://user:pass@host:8443/x")]
    [InlineData("--api=https://pass@host:8443/x")]
    public void The_command_line_is_shown_without_what_a_URL_has_of_its_user(params string[] arguments)
    {
        string shown = ReportOrigin.CommandLine("run", arguments);
        Assert.EndsWith("https://…@host:8443/x", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("pass", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void A_result_is_the_same_after_it_was_a_file()
    {
        ScenarioResult result = SampleResults.Searched();
        string json = ScenarioFile.ToJson(result);
        Assert.Equal(json, ScenarioFile.ToJson(ScenarioFile.Parse(Encoding.UTF8.GetBytes(json), "a.json")));
    }

    [Theory]
    [InlineData("{\"format\": 2}", "has format 2; this version reads format 1")]
    [InlineData("{\"format\": 1}", "is not what")]
    [InlineData("{\"server\": \"x\"}", "has no format number")]
    [InlineData("[1]", "has no format number")]
    [InlineData("not json", "is not what")]
    [InlineData("", "is not what")]
    public void Another_file_is_refused_by_name(string text, string expected)
    {
        string message = Assert.Throws<UsageException>(() => ScenarioFile.Parse(Encoding.UTF8.GetBytes(text), "a.json")).Message;
        Assert.StartsWith("a.json", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => ScenarioFile.Read("/nonexistent/a.json"));
    }

    private static string Report(ScenarioResult result, string? bars) =>
        ScenarioReport.Of(result, Verdict.Of(result, bars is null ? [] : Bar.ParseAll(bars, "--bar")), Origin);

    [GeneratedRegex("https?://[^\"<> ]*")]
    private static partial Regex Address();
}
