using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Turnpike.ControlPlane.Tests;

/// <summary>Keeps what is logged.</summary>
internal sealed class RecordedLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<LogLine> _lines = [];

    public IReadOnlyCollection<LogLine> Lines => _lines;

    public IEnumerable<string> Of(int id) => _lines.Where(line => line.Id == id).Select(line => line.Text);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue(new LogLine(eventId.Id, logLevel, formatter(state, exception) + (exception is null ? "" : $"\n{exception}")));

    public void Dispose()
    {
        // Nothing is held.
    }
}

/// <summary>One line of the log; the text of an exception behind it.</summary>
internal sealed record LogLine(int Id, LogLevel Level, string Text);
