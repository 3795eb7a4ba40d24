using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Probe;

/// <summary>Credentials that the API issues, each asked for before the one before it ends.</summary>
internal sealed class RenewedCredentials : ITurnCredentials
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(10);

    private volatile TurnCredential _current;

    public RenewedCredentials(IssuingApi api, ClientTransport transport, IssuedCredential first, TimeProvider time, CancellationToken stop)
    {
        _current = first.Credential;
        Life = TimeSpan.MaxValue;
        if (first.ExpiresAt is { } expiresAt)
        {
            Life = expiresAt - time.GetUtcNow();
            _ = RenewAsync(api, transport, expiresAt, time, stop);
        }
    }

    public TurnCredential Current => _current;

    /// <summary>How long the first one lasts.</summary>
    public TimeSpan Life { get; }

    /// <summary>What any of them has left at least while it is the current one.</summary>
    public TimeSpan Left => Life - WaitFor(Life);

    /// <summary>Why the API did not give another one the last time; null when it did.</summary>
    public string? Problem { get; private set; }

    /// <summary>With a third of its life left another one is asked for, so that an API that is away for a while is no matter.</summary>
    private static TimeSpan WaitFor(TimeSpan life) => life * 2 / 3 is var wait && wait > ShortestWait ? wait : ShortestWait;

    private async Task RenewAsync(IssuingApi api, ClientTransport transport, DateTimeOffset expiresAt, TimeProvider time, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(WaitFor(expiresAt - time.GetUtcNow()), time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                IssuedCredential issued = await IssuedCredential.AskAsync(api, transport, time, stop);
                _current = issued.Credential;
                expiresAt = issued.ExpiresAt ?? expiresAt;
                Problem = null;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception problem)
            {
                // Whatever it is, it may be over the next time, and nobody else would tell it.
                Problem = problem.Message;
            }
        }
    }
}
