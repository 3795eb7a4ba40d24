using System.Runtime.InteropServices;

namespace Turnpike.Edge.Management;

/// <summary>
/// What ends the process: the first SIGTERM, SIGINT or SIGQUIT drains and then stops, the second stops at once. The host is told to
/// stop only after the drain, so probes and metrics answer to the end of it and the host's own shutdown timeout does not shorten it.
/// </summary>
public sealed partial class DrainLifetime(Drain drain, IHostApplicationLifetime application, ILogger<DrainLifetime> logger)
    : IHostLifetime, IDisposable
{
    private static readonly PosixSignal[] Signals = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT];
    private readonly CancellationTokenSource _cut = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _signals;

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
        switch (Interlocked.Increment(ref _signals))
        {
            case 1:
                LogFirst(logger, signal);
                _ = DrainAndStopAsync();
                break;
            case 2:
                LogSecond(logger, signal);
                _cut.Cancel();
                break;
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

    [LoggerMessage(EventId = 1020, Level = LogLevel.Information, Message = "{Signal}: draining, then stopping; a second signal stops at once")]
    private static partial void LogFirst(ILogger logger, string signal);

    [LoggerMessage(EventId = 1021, Level = LogLevel.Warning, Message = "{Signal} again: stopping now")]
    private static partial void LogSecond(ILogger logger, string signal);
}
