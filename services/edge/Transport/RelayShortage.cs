using System.Net;
using System.Net.Sockets;

namespace Turnpike.Edge.Transport;

/// <summary>
/// Says in the log why relayed transport addresses cannot be had. Every Allocate fails while such a thing lasts; once a minute is
/// enough to say so. Thread-safe.
/// </summary>
internal sealed partial class RelayShortage
{
    private const long QuietMilliseconds = 60_000;

    private readonly ShardClock _clock;
    private readonly ILogger _logger;
    private long _refusedAt = long.MinValue;
    private long _fullAt = long.MinValue;

    /// <summary>Watches the ports of the interfaces.</summary>
    /// <param name="interfaces">The interfaces.</param>
    /// <param name="clock">Tells when a minute is over.</param>
    /// <param name="logger">Where it is said.</param>
    public RelayShortage(IReadOnlyList<RelayInterface> interfaces, ShardClock clock, ILogger logger)
    {
        _clock = clock;
        _logger = logger;
        foreach (RelayInterface on in interfaces)
        {
            IPAddress address = on.Local.ToIPEndPoint().Address;
            on.Ports.OnFull = () => OnFull(address, "UDP", on.Ports.Total);
            if (on.TcpPorts is { } ports)
            {
                ports.OnFull = () => OnFull(address, "TCP", ports.Total);
            }
        }
    }

    /// <summary>The system gives no socket.</summary>
    public void OnRefused(SocketError error)
    {
        if (IsDue(ref _refusedAt))
        {
            LogRefused(_logger, error);
        }
    }

    private void OnFull(IPAddress address, string protocol, int total)
    {
        if (IsDue(ref _fullAt))
        {
            LogFull(_logger, total, protocol, address);
        }
    }

    private bool IsDue(ref long saidAt)
    {
        long now = _clock.Now;
        long last = Interlocked.Read(ref saidAt);
        return (last == long.MinValue || now - last >= QuietMilliseconds)
            && Interlocked.CompareExchange(ref saidAt, now, last) == last;
    }

    [LoggerMessage(EventId = 1201, Level = LogLevel.Warning,
        Message = "The system refuses relay sockets: {Error}. Allocations are answered with 508; raise the limit on open files, or free ports of the relay range")]
    private static partial void LogRefused(ILogger logger, SocketError error);

    [LoggerMessage(EventId = 1203, Level = LogLevel.Warning,
        Message = "All {Total} {Protocol} relay ports of {Address} are in use. Allocations are answered with 508; widen Edge:Relay:MinPort to MaxPort, or add edges")]
    private static partial void LogFull(ILogger logger, int total, string protocol, IPAddress address);
}
