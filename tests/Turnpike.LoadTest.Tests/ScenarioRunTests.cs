using Turnpike.LoadTest.Bench;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Reports;
using Turnpike.LoadTest.Scenarios;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Tests;

/// <summary>Whole runs against a real server: Debian's coturn, which must be installed.</summary>
public sealed class ScenarioRunTests : IDisposable, IScenarioObserver
{
    private static readonly BenchUser User = new("alice", "secret");

    private readonly CoturnServer _coturn = new();
    private readonly List<string> _phases = [];
    private readonly List<Interval> _intervals = [];
    private CancellationTokenSource? _stopAtInterval;

    public ScenarioRunTests() => _coturn.Start(CpuAffinity.Allowed()[0], User);

    public void Dispose() => _coturn.Dispose();

    void IScenarioObserver.OnPhase(string what) => _phases.Add(what);

    void IScenarioObserver.OnInterval(Interval interval)
    {
        _intervals.Add(interval);
        _stopAtInterval?.Cancel();
    }

    [Fact]
    public async Task Streams_and_a_churn_go_on_beside_each_other_and_the_timeline_has_them_all()
    {
        ScenarioResult result = await RunAsync("--scenario", "mixed", "--calls", "10", "--seconds", "1.2", "--warmup", "0.1", "--churn", "20", "--hold", "0.2");

        Assert.Equal(["voice", "video", "screen", "screen-feedback"], result.Streams.Select(stream => stream.Name));
        Assert.All(result.Streams, stream => Assert.All(new[] { stream.Up, stream.Down }.OfType<DirectionResult>(), way =>
        {
            Assert.True(way.Sent > 0);
            Assert.Equal((way.Sent, 0), (way.Received, way.FlowsWithLoss));
        }));
        Assert.Equal((0, 0, 0), (result.Unexpected, result.LostAllocations, result.DeletionsUnconfirmed));
        ChurnResult churn = result.Churn!;
        Assert.InRange(churn.Started, 23, 25);
        Assert.Equal((churn.Started, 0), (churn.Succeeded, churn.Failures.Count));
        Assert.True(churn.LatencyMicroseconds.P50 > 0);

        Assert.Equal([1, 1.2], result.Timeline.Select(interval => Math.Round(interval.At, 3)));
        long sent = result.Streams.Sum(stream => (stream.Up?.Sent ?? 0) + (stream.Down?.Sent ?? 0));
        Assert.Equal((sent, sent), (result.Timeline.Sum(interval => interval.Sent), result.Timeline.Sum(interval => interval.Received)));
        Assert.InRange(result.Timeline[0].Allocations, 11, 10 + 20);
        Assert.Equal(churn.Started, result.Timeline.Sum(interval => interval.AllocatesSucceeded), tolerance: 4);
        Assert.Equal(["making allocations", "traffic", "deleting"], _phases);
        Assert.False(Verdict.Of(result with { Churn = churn with { Succeeded = 0 } }, []).IsPassed);
        Assert.True(Verdict.Of(result, Bar.ParseAll("loss<=0", "--bar")).IsPassed);
    }

    [Fact]
    public async Task An_interrupted_run_ends_and_says_what_it_measured()
    {
        using var stop = new CancellationTokenSource();
        _stopAtInterval = stop;
        ScenarioResult result = await RunAsync(stop.Token, "--scenario", "voice", "--calls", "2", "--seconds", "3600", "--warmup", "0");
        Assert.True(result.Interrupted);
        Assert.InRange(result.Seconds, 1, 60);
        Assert.Equal(result.Seconds, result.Timeline[^1].At, 0.2);
        Assert.Equal(0, result.DeletionsUnconfirmed);
    }

    [Fact]
    public async Task A_packet_costs_no_allocation_of_memory()
    {
        var window = new MemoryWindow();
        ScenarioOptions options = await OptionsAsync("--scenario", "voice", "--calls", "10", "--pps", "500", "--seconds", "0.5", "--warmup", "0.3");
        using var run = new ScenarioRun(options, TimeProvider.System);
        ScenarioResult result = run.Execute(null, window, CancellationToken.None);
        long packets = result.Streams[0].Up!.Sent + result.Streams[0].Down!.Sent;
        Assert.Equal(5000, packets);
        Assert.InRange(window.Bytes, 0, packets); // what the end of a run takes, and nothing by the packet
    }

    [Theory]
    [InlineData(true, 4)]
    [InlineData(false, 0)] // the old ones go on
    public async Task Allocations_are_made_anew_with_a_new_credential_and_no_packet_is_lost(bool isRight, int replaced)
    {
        var credentials = new ChangingCredentials(new TurnCredential(User.Name, User.Password), new TurnCredential(User.Name, isRight ? User.Password : "wrong"));
        ScenarioOptions options = await OptionsAsync("--scenario", "voice", "--calls", "4", "--seconds", "0.6", "--warmup", "0.1");
        using var run = new ScenarioRun(options with { Credentials = credentials }, TimeProvider.System);
        ScenarioResult result = run.Execute(credentials, TestContext.Current.CancellationToken);
        Assert.Equal(replaced, run.Replaced);
        Assert.Equal((240, 0, 0, 0), (result.Streams[0].Up!.Received + result.Streams[0].Down!.Received, result.Unexpected, result.LostAllocations, result.DeletionsUnconfirmed));
    }

    [Fact]
    public async Task A_refused_password_ends_the_run_with_its_reason()
    {
        var refused = await Assert.ThrowsAsync<TurnRefusedException>(() => RunAsync("--scenario", "voice", "--password", "wrong"));
        Assert.Contains("the server refused Allocate: 401", refused.Message, StringComparison.Ordinal);
    }

    private Task<ScenarioResult> RunAsync(params string[] arguments) => RunAsync(TestContext.Current.CancellationToken, arguments);

    private async Task<ScenarioResult> RunAsync(CancellationToken stop, params string[] arguments)
    {
        using var run = new ScenarioRun(await OptionsAsync(arguments), TimeProvider.System);
        return run.Execute(this, stop);
    }

    private Task<ScenarioOptions> OptionsAsync(params string[] arguments)
    {
        string[] password = arguments.Contains("--password") ? [] : ["--password", User.Password];
        return ScenarioArguments.ReadAsync(
            ParsedOptions.Parse(ScenarioArguments.Known, [.. arguments, "--server", _coturn.Endpoint.ToString(), "--user", User.Name, .. password]),
            token: null,
            TimeProvider.System,
            TestContext.Current.CancellationToken);
    }

    /// <summary>Another credential once the first allocations are made.</summary>
    private sealed class ChangingCredentials(TurnCredential first, TurnCredential then) : ITurnCredentials, IScenarioObserver
    {
        public TurnCredential Current { get; private set; } = first;

        public void OnPhase(string what) => Current = what == "traffic" ? then : Current;

        public void OnInterval(Interval interval)
        {
        }
    }

    private sealed class MemoryWindow : IWindowProbe
    {
        private long _before;

        public long Bytes { get; private set; }

        public void Open() => _before = GC.GetAllocatedBytesForCurrentThread();

        public void Close(long relayed) => Bytes = GC.GetAllocatedBytesForCurrentThread() - _before;
    }
}
