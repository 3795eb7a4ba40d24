using Microsoft.Extensions.Time.Testing;
using Turnpike.LoadTest.Reports;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Tests;

public sealed class LiveDisplayTests : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    private readonly FakeTimeProvider _time = new();
    private readonly StringWriter _terminal = new() { NewLine = "\n" };

    public void Dispose() => _terminal.Dispose();

    [Fact]
    public void What_is_told_is_drawn_by_the_timer_and_not_by_the_one_who_tells()
    {
        using LiveDisplay display = Start(DisplayMode.Live);
        display.OnPhase("traffic");
        display.OnInterval(Second(1));
        Assert.Equal("", _terminal.ToString());

        _time.Advance(Tick);
        string drawn = _terminal.ToString();
        Assert.Contains("voice → turn:3478", drawn, StringComparison.Ordinal);
        Assert.Contains("received 990/s   lost so far 1 %   100 allocations", drawn, StringComparison.Ordinal);
        Assert.Contains("p50 400 µs   p99 4.00 ms", drawn, StringComparison.Ordinal);
    }

    [Fact]
    public void The_lines_are_written_over_and_are_gone_at_the_end()
    {
        using (LiveDisplay display = Start(DisplayMode.Live))
        {
            display.OnPhase("traffic");
            display.OnInterval(Second(1));
            _time.Advance(Tick);
            int first = _terminal.ToString().Length;
            _time.Advance(Tick);
            Assert.StartsWith("\e[4F", _terminal.ToString()[first..], StringComparison.Ordinal);
        }

        Assert.EndsWith("\e[4F\e[J", _terminal.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("\e[?25l", _terminal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void No_line_is_wider_than_the_terminal_and_no_name_moves_its_cursor()
    {
        using LiveDisplay display = new(_terminal, DisplayMode.Live, new RunProgress("\e[2Jvoice\r → turn", 1, 60), () => 30, _time);
        display.OnPhase("traffic");
        display.OnInterval(Second(1));
        _time.Advance(Tick);
        string[] lines = _terminal.ToString().Split('\n');
        Assert.StartsWith("?[2Jvoice? → turn", lines[0], StringComparison.Ordinal);
        Assert.All(lines[..^1], line => Assert.InRange(line.Replace("\e[K", "", StringComparison.Ordinal).Length, 1, 29));
    }

    [Fact]
    public void In_a_log_there_is_a_line_for_each_phase_and_every_ten_seconds()
    {
        using (LiveDisplay display = Start(DisplayMode.Lines))
        {
            display.OnPhase("making allocations");
            display.OnPhase("traffic");
            foreach (int second in Enumerable.Range(1, 25))
            {
                display.OnInterval(Second(second));
                _time.Advance(TimeSpan.FromSeconds(1));
            }
        }

        string[] lines = _terminal.ToString().TrimEnd().Split('\n');
        Assert.Equal(["making allocations", "traffic"], lines[..2]);
        Assert.Equal(4, lines.Length);
        Assert.Equal("0:20 of 1:00: 100 allocations, sent 1\u202F000/s, received 990/s, lost so far 1 %, p50 400 µs, p99 4.00 ms, jitter 200 µs", lines[3]);
        Assert.DoesNotContain('\e', _terminal.ToString());
    }

    [Fact]
    public void A_terminal_that_goes_away_does_not_end_the_run()
    {
        using ClosedPipe pipe = new();
        using LiveDisplay display = new(pipe, DisplayMode.Live, new RunProgress("voice", 1, 60), () => 80, _time);
        display.OnPhase("traffic");
        _time.Advance(Tick);
        display.OnInterval(Second(1));
        _time.Advance(Tick);
        Assert.Equal(1, pipe.Writes);
    }

    [Fact]
    public async Task A_terminal_that_takes_nothing_keeps_one_thread_and_no_more()
    {
        using StuckTerminal terminal = new();
        TimerByHand time = new();
        using LiveDisplay display = new(terminal, DisplayMode.Live, new RunProgress("voice", 1, 60), () => 80, time);
        CancellationToken stop = TestContext.Current.CancellationToken;
        Task stuck = Task.Run(() => time.Fire(), stop);
        Assert.True(await terminal.Reached.WaitAsync(TimeSpan.FromSeconds(30), stop));
        await Task.Run(() => time.Fire(), stop).WaitAsync(TimeSpan.FromSeconds(30), stop);
        Assert.False(stuck.IsCompleted);
        terminal.GoOn.Release();
        await stuck.WaitAsync(TimeSpan.FromSeconds(30), stop);
    }

    [Fact]
    public void Quiet_shows_nothing()
    {
        using (LiveDisplay display = Start(DisplayMode.None))
        {
            display.OnPhase("traffic");
            display.OnInterval(Second(1));
            _time.Advance(Tick);
        }

        Assert.Equal("", _terminal.ToString());
    }

    [Theory]
    [InlineData(false, false, "", "xterm", "Live")]
    [InlineData(true, false, "", "xterm", "None")]
    [InlineData(false, true, "", "xterm", "Lines")]
    [InlineData(false, false, "NO_COLOR", "xterm", "Lines")]
    [InlineData(false, false, "CI", "xterm", "Lines")]
    [InlineData(false, false, "", "dumb", "Lines")]
    [InlineData(false, false, "", null, "Lines")]
    public void Only_a_terminal_that_may_move_gets_moving_lines(bool quiet, bool redirected, string variable, string? terminal, string expected) =>
        Assert.Equal(expected, LiveDisplay.ModeFor(quiet, redirected, name => name == "TERM" ? terminal : name == variable ? "1" : null).ToString());

    [Theory]
    [InlineData(0, "0:00")]
    [InlineData(65.9, "1:05")]
    [InlineData(90_061, "25:01:01")]
    public void Time_is_read_as_on_a_clock(double seconds, string expected) => Assert.Equal(expected, RunProgress.Clock(seconds));

    private static Interval Second(int second) => new(second, 1, 100, 1000, 990, 400, 4000, 8000, 200, 0, 0, 0);

    private LiveDisplay Start(DisplayMode mode) => new(_terminal, mode, new RunProgress("voice → turn:3478", 1, 60), () => 120, _time);

    /// <summary>Takes the first text only when it is told to go on.</summary>
    private sealed class StuckTerminal : StringWriter
    {
        private bool _wasStuck;

        public SemaphoreSlim Reached { get; } = new(0);

        public SemaphoreSlim GoOn { get; } = new(0);

        public override void Write(string? value)
        {
            if (!_wasStuck)
            {
                _wasStuck = true;
                Reached.Release();
                GoOn.Wait();
            }
        }

        protected override void Dispose(bool disposing)
        {
            Reached.Dispose();
            GoOn.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>Its one timer fires when it is told to, on the thread that tells.</summary>
    private sealed class TimerByHand : TimeProvider, ITimer
    {
        public Action Fire { get; private set; } = () => { };

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Fire = () => callback(state);
            return this;
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class ClosedPipe : StringWriter
    {
        public int Writes { get; private set; }

        public override void Write(string? value)
        {
            Writes++;
            throw new IOException("Broken pipe");
        }
    }
}
