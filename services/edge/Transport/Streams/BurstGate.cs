namespace Turnpike.Edge.Transport.Streams;

/// <summary>
/// Lets so many bursts of a connection be under way to its shard; whoever comes then waits, and TCP makes the client wait.
/// </summary>
/// <param name="free">Bursts.</param>
internal sealed class BurstGate(int free)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _waiting;

    /// <summary>For the connection's reader.</summary>
    public Task EnterAsync()
    {
        lock (_lock)
        {
            if (free > 0)
            {
                free--;
                return Task.CompletedTask;
            }

            _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiting.Task;
        }
    }

    /// <summary>For the shard: a burst is handled.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            if (_waiting is { } waiting)
            {
                _waiting = null;
                waiting.TrySetResult();
            }
            else
            {
                free++;
            }
        }
    }
}
