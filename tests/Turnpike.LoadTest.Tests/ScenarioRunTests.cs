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
            Assert.InRange(way.Received, 1, way.Sent);
            Assert.Equal((0, way.Received < way.Sent), (way.Duplicates, way.FlowsWithLoss > 0));
        }));
        Assert.Equal((0, 0), (result.Unexpected, result.LostAllocations));
        ChurnResult churn = result.Churn!;
        Assert.InRange(churn.Started, 23, 25);
        Assert.Equal(churn.Started, churn.Succeeded + churn.Failures.Values.Sum());
        Assert.True(churn.LatencyMicroseconds.P50 > 0);

        ChurnPacketsResult packets = churn.Packets!;
        Assert.InRange(packets.Sent, 1, churn.Succeeded * packets.Each);
        Assert.InRange(packets.Answered, 1, packets.Sent);
        Assert.True(packets.FirstAnswerMicroseconds.Maximum > 0);

        Assert.Equal([1, 1.2], result.Timeline.Select(interval => Math.Round(interval.At, 3)));
        long sent = result.Streams.Sum(stream => (stream.Up?.Sent ?? 0) + (stream.Down?.Sent ?? 0));
        long received = result.Streams.Sum(stream => (stream.Up?.Received ?? 0) + (stream.Down?.Received ?? 0));
        Assert.Equal((sent, received), (result.Timeline.Sum(interval => interval.Sent), result.Timeline.Sum(interval => interval.Received)));
        Assert.InRange(result.Timeline[0].Allocations, 10, 10 + 25);
        Assert.InRange(result.Timeline.Sum(interval => interval.AllocatesSucceeded), 1, churn.Started + 3); // of the warm-up, some of which end later
        Assert.Equal(["making allocations", "traffic", "deleting"], _phases);
        Assert.False(Verdict.Of(result with { Churn = churn with { Succeeded = 0 } }, []).IsPassed);
        Assert.True(Verdict.Of(result, Bar.ParseAll("loss<=99%,call-setup-p99<=3600s", "--bar")).IsPassed);
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
    [InlineData(true)]
    [InlineData(false)] // the old ones go on
    public async Task Allocations_are_made_anew_with_a_new_credential_and_no_packet_is_lost(bool isRight)
    {
        var credentials = new ChangingCredentials(new TurnCredential(User.Name, User.Password), new TurnCredential(User.Name, isRight ? User.Password : "wrong"));
        ScenarioOptions options = await OptionsAsync("--scenario", "voice", "--calls", "4", "--seconds", isRight ? "60" : "0.6", "--warmup", "0");
        using var run = new ScenarioRun(options with { Credentials = credentials }, TimeProvider.System) { QuietAfter = 30_000_000_000 };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        credentials.Elapsed = () => CancelWhen(stop, run.Replaced == 4);
        ScenarioResult result = run.Execute(credentials, stop.Token);
        Assert.Equal((isRight ? 4 : 0, isRight), (run.Replaced, result.Interrupted));
        DirectionResult[] ways = [result.Streams[0].Up!, result.Streams[0].Down!];
        Assert.All(ways, way => Assert.Equal(way.Sent, way.Received)); // few and small ones, which no buffer is too small for
        Assert.Equal((0, 0), (result.Unexpected, result.LostAllocations));

        static void CancelWhen(CancellationTokenSource stop, bool isSo)
        {
            if (isSo)
            {
                stop.Cancel();
            }
        }
    }

    [Fact]
    public async Task A_refused_password_ends_the_run_with_its_reason()
    {
        var refused = await Assert.ThrowsAsync<TurnRefusedException>(() => RunAsync("--scenario", "voice", "--password", "wrong"));
        Assert.StartsWith("allocation 1: the server refused Allocate: 401", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("(the server has another password or secret for this user, or does not know it)", refused.Message, StringComparison.Ordinal);
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

        /// <summary>Called every second.</summary>
        public Action? Elapsed { get; set; }

        public void OnInterval(Interval interval) => Elapsed?.Invoke();
    }

    private sealed class MemoryWindow : IWindowProbe
    {
        private long _before;

        public long Bytes { get; private set; }

        public void Open() => _before = GC.GetAllocatedBytesForCurrentThread();

        public void Close(long relayed) => Bytes = GC.GetAllocatedBytesForCurrentThread() - _before;
    }
}
