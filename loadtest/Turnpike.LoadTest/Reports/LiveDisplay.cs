using System.Collections.Concurrent;
using Turnpike.LoadTest.Scenarios;

namespace Turnpike.LoadTest.Reports;

internal enum DisplayMode
{
    None,

    /// <summary>A line for each phase and every ten seconds: for logs.</summary>
    Lines,

    /// <summary>A few lines that are written over and over: for terminals.</summary>
    Live,
}

/// <summary>
/// Shows how a run goes. The generator's thread only hands on what it is told; drawing happens on a timer's thread, and a display that
/// cannot be written ends without disturbing the run. The cursor is never hidden and always left below the lines, so that whatever
/// ends the process leaves a terminal that works.
/// </summary>
internal sealed class LiveDisplay : IScenarioObserver, IDisposable
{
    private const double LineSeconds = 10;
    private const string EraseToEndOfLine = "\e[K";
    private const string EraseBelow = "\e[J";

    /// <summary>Variables that ask for an output that does not move.</summary>
    private static readonly string[] Still = ["NO_COLOR", "CI"];

    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentQueue<(string? Phase, Interval? Interval, double At)> _told = new();
    private readonly Lock _drawing = new();
    private readonly TextWriter _output;
    private readonly DisplayMode _mode;
    private readonly RunProgress _progress;
    private readonly Func<int> _width;
    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly ITimer? _timer;
    private int _linesDrawn;
    private double _lastLine;
    private bool _isBroken;

    /// <param name="output">Where to draw; not where results go.</param>
    /// <param name="mode">How.</param>
    /// <param name="progress">What to draw.</param>
    /// <param name="width">Columns of the terminal, asked before each drawing.</param>
    /// <param name="time">The clock, and whose timer draws.</param>
    public LiveDisplay(TextWriter output, DisplayMode mode, RunProgress progress, Func<int> width, TimeProvider time)
    {
        (_output, _mode, _progress, _width, _time) = (output, mode, progress, width, time);
        _began = time.GetTimestamp();
        _timer = mode == DisplayMode.None ? null : time.CreateTimer(_ => Draw(), null, Redraw, Redraw);
    }

    private double Now => _time.GetElapsedTime(_began).TotalSeconds;

    /// <summary>On the standard error: nothing when quiet, lines where nobody watches or nothing may move, else live.</summary>
    public static DisplayMode ModeFor(bool isQuiet, bool isRedirected, Func<string, string?> environment) =>
        isQuiet ? DisplayMode.None
        : isRedirected || Still.Any(name => !string.IsNullOrEmpty(environment(name))) || environment("TERM") is null or "" or "dumb" ? DisplayMode.Lines
        : DisplayMode.Live;

    public void OnPhase(string what) => Hand(what, null);

    public void OnInterval(Interval interval) => Hand(null, interval);

    /// <summary>Ends the display: live lines go, since the summary comes.</summary>
    public void Dispose()
    {
        _timer?.Dispose();
        lock (_drawing)
        {
            if (_mode == DisplayMode.Lines)
            {
                TakeTold();
            }
            else if (_linesDrawn != 0)
            {
                Write($"\e[{_linesDrawn}F{EraseBelow}");
            }

            // A drawing that was under way when the timer ended draws no more.
            _isBroken = true;
        }
    }

    private void Hand(string? phase, Interval? interval)
    {
        if (_timer is not null)
        {
            _told.Enqueue((phase, interval, Now));
        }
    }

    private void Draw()
    {
        // A terminal may take nothing for minutes: threads that waited behind it would be missing elsewhere.
        if (!_drawing.TryEnter())
        {
            return;
        }

        try
        {
            TakeTold();
            if (_mode == DisplayMode.Live && !_isBroken)
            {
                IReadOnlyList<string> lines = _progress.Lines(Now, _width());
                string up = _linesDrawn == 0 ? "" : $"\e[{_linesDrawn}F";
                Write(up + string.Concat(lines.Select(line => line + EraseToEndOfLine + "\n")) + EraseBelow);
                _linesDrawn = lines.Count;
            }
        }
        finally
        {
            _drawing.Exit();
        }
    }

    private void TakeTold()
    {
        while (_told.TryDequeue(out (string? Phase, Interval? Interval, double At) told))
        {
            if (told.Phase is string phase)
            {
                _progress.OnPhase(phase, told.At);
                if (_mode == DisplayMode.Lines)
                {
                    Write($"{phase}\n");
                }
            }
            else if (told.Interval is { } interval)
            {
                _progress.OnInterval(interval);
                if (_mode == DisplayMode.Lines && interval.At - _lastLine >= LineSeconds)
                {
                    _lastLine = interval.At;
                    Write($"{_progress.Line()}\n");
                }
            }
        }
    }

    private void Write(string text)
    {
        if (_isBroken)
        {
            return;
        }

        try
        {
            _output.Write(text);
            _output.Flush();
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            _isBroken = true;
        }
    }
}
