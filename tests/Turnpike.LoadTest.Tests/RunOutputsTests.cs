using Turnpike.LoadTest.Bench;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Reports;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Tests;

/// <summary>What a run leaves behind, with Debian's coturn, which must be installed, as the server.</summary>
public sealed class RunOutputsTests
{
    [Theory]
    [InlineData("is for --find", "--find-loss", "1")]
    [InlineData("is for --find", "--find-seconds", "1")]
    [InlineData("needs --find", "--bar", "highest>=1")]
    [InlineData("--bar: 'speed<=1' is no bar", "--bar", "speed<=1")]
    [InlineData("--report is a file", "--report", "-")]
    [InlineData("there is no folder /nonexistent", "--report", "/nonexistent/a.html")]
    [InlineData("there is no folder /nonexistent", "--json", "/nonexistent/a.json")]
    [InlineData("it is a folder", "--json", "/")]
    [InlineData("are two files", "--json", "/tmp/same", "--report", "/tmp/../tmp/same")]
    [InlineData("/proc/turnpike.json cannot be written", "--json", "/proc/turnpike.json")]
    [InlineData("--bars: ", "--bars", "/nonexistent/bars")]
    [InlineData("--find-precision", "--find", "--find-precision", "0")]
    [InlineData("two bars", "--bar", "loss<=1,loss<=2")]
    public void What_cannot_be_done_is_refused_before_the_run(string expected, params string[] arguments) => Assert.Contains(
        expected,
        Assert.Throws<UsageException>(() => RunOutputs.From(ParsedOptions.Parse(RunCommand.Known, arguments), arguments)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_file_that_can_be_written_is_left_as_it_is_and_none_is_made()
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, "before");
        ResultFile.Check(file, "json");
        Assert.Equal("before", File.ReadAllText(file));
        File.Delete(file);
        ResultFile.Check(file, "json");
        Assert.False(File.Exists(file));
        Assert.True(ResultFile.TryWrite(null, "text", "json"));
        Assert.False(ResultFile.TryWrite("/dev/full", "text", "json"));
    }

    [Fact]
    public async Task A_run_writes_its_files_and_a_missed_bar_is_its_exit_code()
    {
        string folder = Directory.CreateTempSubdirectory("turnpike-run-").FullName;
        using var coturn = new CoturnServer();
        coturn.Start(CpuAffinity.Allowed()[0], new BenchUser("alice", "hidden-word"));
        (string json, string page) = (Path.Combine(folder, "a.json"), Path.Combine(folder, "a.html"));
        string[] arguments =
        [
            "--scenario", "voice", "--server", coturn.Endpoint.ToString(), "--user", "alice", "--password", "hidden-word", "--calls", "4", "--seconds", "0.5", "--warmup", "0.1", "--json", json, "--report", page,
        ];
        try
        {
            Assert.Equal(ExitCode.Success, await RunCommand.RunAsync([.. arguments, "--quiet", "--bar", "rate>=1,lost-allocations<=0"], TestContext.Current.CancellationToken));
            Assert.Equal(ExitCode.Failure, await RunCommand.RunAsync([.. arguments, "--bar", "rate>=1,allocates>=1/s"], TestContext.Current.CancellationToken));

            Assert.Equal("voice", ScenarioFile.Read(json).Scenario);
            string text = await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken);
            Assert.Contains("missed allocates&gt;=1/s: this run did not measure Allocates granted", text, StringComparison.Ordinal);
            Assert.DoesNotContain("hidden-word", text, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
