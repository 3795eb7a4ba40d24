using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Turnpike.ServiceDefaults;

namespace Turnpike.Edge.Tests.Host;

public sealed partial class JsonLogTests
{
    [Fact]
    public void A_line_within_an_activity_names_its_trace_and_its_span()
    {
        using Activity activity = new Activity("call").SetIdFormat(ActivityIdFormat.W3C).Start();
        JsonElement line = Write(logger => LogSaid(logger, "a\n\"b\"", 3, null));
        activity.Stop();

        Assert.Equal(activity.TraceId.ToHexString(), line.GetProperty("trace_id").GetString());
        Assert.Equal(activity.SpanId.ToHexString(), line.GetProperty("span_id").GetString());
        Assert.Equal((7, "Warning", "test"), (line.GetProperty("EventId").GetInt32(), line.GetProperty("LogLevel").GetString(), line.GetProperty("Category").GetString()));
        Assert.Equal("Said a\n\"b\" 3 times", line.GetProperty("Message").GetString());
        Assert.Equal((3, "a\n\"b\""), (line.GetProperty("State").GetProperty("Count").GetInt32(), line.GetProperty("State").GetProperty("What").GetString()));
    }

    [Fact]
    public void A_line_of_nobodys_call_names_none_and_an_exception_is_a_field()
    {
        Activity.Current = null;
        JsonElement line = Write(logger => LogSaid(logger, "x", 1, new InvalidOperationException("broken")));
        Assert.False(line.TryGetProperty("trace_id", out _));
        Assert.Contains("broken", line.GetProperty("Exception").GetString(), StringComparison.Ordinal);
    }

    private static JsonElement Write(Action<ILogger> log)
    {
        using StringWriter output = new();
        log(new FormattingLogger(output));
        return JsonElement.Parse(Assert.Single(output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [LoggerMessage(EventId = 7, Level = LogLevel.Warning, Message = "Said {What} {Count} times")]
    private static partial void LogSaid(ILogger logger, string what, int count, Exception? exception);

    private sealed class FormattingLogger(TextWriter output) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            new JsonLogFormatter().Write(new LogEntry<TState>(logLevel, "test", eventId, state, exception, formatter), null, output);
    }
}
