using System.Threading.Channels;

namespace Turnpike.Cluster;

/// <summary>
/// Whether the store may be asked. Each change has a number: a call that began before the last change says nothing about now.
/// Listeners hear every change, one after the other, in order.
/// </summary>
internal sealed class StoreAvailability
{
    private readonly Lock _lock = new();
    private readonly Channel<bool> _changes = Channel.CreateUnbounded<bool>(new UnboundedChannelOptions { SingleReader = true });
    private TaskCompletionSource _available = New();
    private volatile State _state = new(false, 0, "not connected yet");

    /// <summary>The current state.</summary>
    public State Current => _state;

    /// <summary>Every change from now on, to be read by one reader.</summary>
    public ChannelReader<bool> Changes => _changes.Reader;

    /// <summary>Ends when the store is available.</summary>
    public Task WhenAvailable
    {
        get
        {
            lock (_lock)
            {
                return _available.Task;
            }
        }
    }

    /// <summary>The store is well again.</summary>
    /// <param name="number">The number of the state in which the probe began.</param>
    /// <returns>Whether this is a change.</returns>
    public bool Restore(long number)
    {
        lock (_lock)
        {
            if (_state.IsAvailable || _state.Number != number)
            {
                return false;
            }
            _state = new State(true, _state.Number + 1, "");
            _changes.Writer.TryWrite(true);
            _available.TrySetResult();
            return true;
        }
    }

    /// <summary>The store went away.</summary>
    /// <param name="number">The number of the state in which the failing call began.</param>
    /// <param name="reason">Why.</param>
    /// <returns>Whether this is a change.</returns>
    public bool Lose(long number, string reason)
    {
        lock (_lock)
        {
            if (!_state.IsAvailable || _state.Number != number)
            {
                return false;
            }
            _state = new State(false, _state.Number + 1, reason);
            _available = New();
            _changes.Writer.TryWrite(false);
            return true;
        }
    }

    /// <summary>The reason changed, or is known better, while the store stays away.</summary>
    public void Explain(string reason)
    {
        lock (_lock)
        {
            if (!_state.IsAvailable)
            {
                _state = _state with { Reason = reason };
            }
        }
    }

    /// <summary>No change comes any more.</summary>
    public void Complete() => _changes.Writer.TryComplete();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>One state between two changes.</summary>
    internal sealed record State(bool IsAvailable, long Number, string Reason);
}
