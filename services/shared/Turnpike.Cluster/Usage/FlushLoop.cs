using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Turnpike.Cluster;

/// <summary>Flushes again and again, until disposed. A store that is away is a normal state: it is logged when it begins and ends.</summary>
internal sealed partial class FlushLoop(string what, TimeSpan interval, Func<Task> flush, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task? _running;
    private bool _failing;

    public void Start() => _running ??= Task.Run(RunAsync);

    /// <summary>Ends the loop and flushes a last time; what the store does not take then is lost.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_running is not null)
        {
            await _running.ConfigureAwait(false);
        }
        await FlushAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            // Edges that started together, or saw the store come back together, do not flush together for ever.
            TimeSpan delay = interval * (RandomNumberGenerator.GetInt32(800, 1200) / 1000.0);
            try
            {
                await Task.Delay(delay, time, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            await FlushAsync().ConfigureAwait(false);
        }
    }

    private async Task FlushAsync()
    {
        try
        {
            await flush().ConfigureAwait(false);
            if (_failing)
            {
                _failing = false;
                LogRecovered(logger, what);
            }
        }
        catch (StoreException e)
        {
            if (!_failing)
            {
                _failing = true;
                LogFailed(logger, what, e.Message);
            }
        }
        catch (Exception e)
        {
            // A defect in one flush must not end all later ones.
            LogBroken(logger, e, what);
        }
    }

    [LoggerMessage(EventId = 2060, Level = LogLevel.Warning, Message = "The store does not take {What}; it is sent again: {Reason}")]
    private static partial void LogFailed(ILogger logger, string what, string reason);

    [LoggerMessage(EventId = 2063, Level = LogLevel.Error, Message = "Writing {What} failed unexpectedly; it goes on with the next flush")]
    private static partial void LogBroken(ILogger logger, Exception exception, string what);

    [LoggerMessage(EventId = 2061, Level = LogLevel.Information, Message = "The store takes {What} again")]
    private static partial void LogRecovered(ILogger logger, string what);
}
