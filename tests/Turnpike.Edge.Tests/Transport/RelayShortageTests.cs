using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Edge.Transport;
using Turnpike.Protocol;
using Turnpike.Server;

namespace Turnpike.Edge.Tests.Transport;

public sealed class RelayShortageTests
{
    private const int Refused = 1201;
    private const int Full = 1203;

    private readonly FakeTimeProvider _time = new();
    private readonly ListLogger _log = new();
    private readonly RelayInterface _on = new(Loopback, Loopback, new RelayPorts(50_000, 50_001)) { TcpPorts = new RelayPorts(50_000, 50_000) };

    private static TransportAddress Loopback => TransportAddress.From(IPAddress.Loopback, 0);

    [Fact]
    public void A_full_range_is_said_once_a_minute()
    {
        _ = new RelayShortage([_on], new ShardClock(_time), _log);
        Take(_on.Ports, 2);
        Assert.Empty(_log.Entries);
        Take(_on.Ports, 100);
        Assert.Equal([(Full, "All 2 UDP relay ports of 127.0.0.1 are in use.")], _log.Entries);
        _time.Advance(TimeSpan.FromSeconds(59));
        Take(_on.TcpPorts!, 2);
        Assert.Single(_log.Entries);
        _time.Advance(TimeSpan.FromSeconds(1));
        Take(_on.TcpPorts!, 1);
        Assert.Equal((Full, "All 1 TCP relay ports of 127.0.0.1 are in use."), _log.Entries[^1]);
    }

    [Fact]
    public void A_pair_that_cannot_be_had_is_no_full_range()
    {
        _ = new RelayShortage([_on], new ShardClock(_time), _log);
        Assert.True(_on.Ports.TryTake(PortParity.Even, out _));
        Assert.False(_on.Ports.TryTake(PortParity.EvenAndReserveNext, out _));
        Assert.Empty(_log.Entries);
    }

    [Fact]
    public void A_refusal_of_the_system_is_said_once_a_minute_whatever_else_is_said()
    {
        var shortage = new RelayShortage([_on], new ShardClock(_time), _log);
        Take(_on.Ports, 3);
        shortage.OnRefused(SocketError.TooManyOpenSockets);
        shortage.OnRefused(SocketError.TooManyOpenSockets);
        _time.Advance(TimeSpan.FromMinutes(1));
        shortage.OnRefused(SocketError.NoBufferSpaceAvailable);
        Assert.Equal([Full, Refused, Refused], _log.Entries.Select(entry => entry.Id));
    }

    private static void Take(RelayPorts ports, int count)
    {
        for (int i = 0; i < count; i++)
        {
            ports.TryTake(PortParity.Any, out _);
        }
    }

    /// <summary>Keeps the event id and the first sentence of what is logged.</summary>
    private sealed class ListLogger : ILogger
    {
        public List<(int Id, string Sentence)> Entries { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            string text = formatter(state, exception);
            Entries.Add((eventId.Id, text[..(text.IndexOf(". ", StringComparison.Ordinal) + 1)]));
        }
    }
}
