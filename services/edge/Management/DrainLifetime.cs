using System.Runtime.InteropServices;

namespace Turnpike.Edge.Management;

/// <summary>
/// What ends the process: the first SIGTERM, SIGINT or SIGQUIT drains and then stops, another one stops at once. The host is told to
/// stop only after the drain, so probes and metrics answer to the end of it and the host's own shutdown timeout does not shorten it.
/// </summary>
public sealed partial class DrainLifetime(
    Drain drain, IHostApplicationLifetime application, TimeProvider time, ILogger<DrainLifetime> logger) : IHostLifetime, IDisposable
{
    /// <summary>
    /// A signal that comes no later than this after the first is the first once more: whoever signals a process and then its group (timeout
    /// does), or all that runs in a service, does not mean to cut calls.
    /// </summary>
    public static readonly TimeSpan Echo = TimeSpan.FromSeconds(1);

    private static readonly PosixSignal[] Signals = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT];
    private readonly CancellationTokenSource _cut = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Lock _gate = new();
    private long? _firstAt;
    private bool _isCut;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (PosixSignal signal in Signals)
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true; // The process ends by returning from Main, not by the signal.
                OnSignal(context.Signal.ToString());
            }));
        }
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _cut.Dispose();
    }

    /// <summary>What a signal does; called by the registrations.</summary>
    public void OnSignal(string signal)
    {
        bool isFirst;
        lock (_gate)
        {
            isFirst = _firstAt is null;
            if (!isFirst && (_isCut || time.GetElapsedTime(_firstAt!.Value) <= Echo))
            {
                return;
            }
            _firstAt ??= time.GetTimestamp();
            _isCut = !isFirst;
        }
        if (isFirst)
        {
            LogFirst(logger, signal);
            _ = DrainAndStopAsync();
        }
        else
        {
            LogSecond(logger, signal);
            _cut.Cancel();
        }
    }

    private async Task DrainAndStopAsync()
    {
        try
        {
            await drain.RunAsync(_cut.Token);
        }
        finally
        {
            application.StopApplication();
        }
    }

    [LoggerMessage(EventId = 1020, Level = LogLevel.Information, Message = "{Signal}: draining, then stopping; another signal, more than a second later, stops at once")]
    private static partial void LogFirst(ILogger logger, string signal);

    [LoggerMessage(EventId = 1021, Level = LogLevel.Warning, Message = "{Signal} again: stopping now")]
    private static partial void LogSecond(ILogger logger, string signal);
}
