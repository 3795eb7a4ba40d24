using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.ControlPlane;
using Turnpike.LoadTest.Relay;

namespace Turnpike.LoadTest.Tests;

public sealed class ControlPlaneTests
{
    private static readonly string Executable = typeof(ControlPlaneTests).Assembly.Location;

    [Fact]
    public void A_quick_run_is_small_and_what_is_asked_for_beside_it_holds()
    {
        ApiOptions quick = Parse("--control-plane", Executable, "--quick", "--watchers", "7");
        Assert.Equal((1.0, 1.0, 1, 7), (quick.WarmUpSeconds, quick.Seconds, quick.Rounds, quick.Watchers));
        ApiOptions full = Parse("--control-plane", Executable);
        Assert.Equal((60.0, 10.0, 5, 10_000, 1000), (full.WarmUpSeconds, full.Seconds, full.Rounds, full.Watchers, full.Rate));
    }

    [Fact]
    public void A_control_plane_that_runs_needs_a_token_and_no_executable()
    {
        ApiOptions options = Parse("--server", "http://127.0.0.1:8443", "--token", "t", "--pid", "1");
        Assert.Equal(("http://127.0.0.1:8443/", "t", 1), (options.Server!.AbsoluteUri, options.Token, options.ProcessId));
        Assert.Contains("--token", Assert.Throws<UsageException>(() => Parse("--server", "http://127.0.0.1:8443")).Message, StringComparison.Ordinal);
        Assert.Contains("--server", Assert.Throws<UsageException>(() => Parse("--control-plane", Executable, "--token", "t")).Message, StringComparison.Ordinal);
        Assert.Contains("--server", Assert.Throws<UsageException>(() => Parse("--server", "127.0.0.1", "--token", "t")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_control_plane_the_operator_is_told_how_to_get_one() => Assert.Contains(
        "make publish", Assert.Throws<UsageException>(() => Parse("--control-plane", "/nowhere")).Message, StringComparison.Ordinal);

    [Fact]
    public void There_are_no_more_calls_at_once_than_the_connections_take() => Assert.Contains(
        "1 to 200", Assert.Throws<UsageException>(() => Parse("--control-plane", Executable, "--connections", "2", "--concurrent", "201")).Message.Replace("from ", "", StringComparison.Ordinal), StringComparison.Ordinal);

    [Fact]
    public void Resident_memory_is_read_as_the_kernel_writes_it() =>
        Assert.Equal(123_456L * 1024, MeasuredProcess.ParseResident("VmRSS:\t  123456 kB"));

    [Fact]
    public void The_least_costly_round_says_what_a_core_does()
    {
        LatencyResult latency = new(100, 200, 300, 400, 500);
        string text = ApiTable.Of(new ApiFigures(
            [new IssueRound(64, 4000, 250, latency), new IssueRound(64, 5000, 125, latency), new IssueRound(64, 3000, 500, latency)],
            new IssueLatency(1000, 10_000, 0, null, latency, 0.5, 12),
            new WatcherFigure(10_000, 100, 25.6, 300, 800)));
        Assert.Contains("125 µs a call at least, 250 in the median: 8000 calls a second and core", text, StringComparison.Ordinal);
        Assert.Contains("p50 0.10, p99 0.30, p99.9 0.40", text, StringComparison.Ordinal);
        Assert.Contains("10000 watchers of events, 100 on a connection: 25.6 KiB each", text, StringComparison.Ordinal);
    }

    private static ApiOptions Parse(params string[] arguments) => ApiOptions.From(ParsedOptions.Parse(ApiOptions.Known, arguments));
}
