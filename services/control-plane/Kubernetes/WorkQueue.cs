using System.Threading.Channels;

namespace Turnpike.ControlPlane.Kubernetes;

/// <summary>
/// A queue of one thing to do: adding it while it waits changes nothing, adding it while it is done makes it be done once more, and failures
/// space it out. There is one workload, so there is one thing.
/// </summary>
internal sealed class WorkQueue(TimeProvider time) : IDisposable
{
    private readonly Channel<bool> _due = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(30));
    private readonly Lock _lock = new();
    private ITimer? _timer;
    private long _dueAt = long.MaxValue;

    // Nothing is taken before this time, whoever adds: what was refused for being too often stays away.
    private long _notBefore;

    /// <summary>To be done as soon as may be.</summary>
    public void Add() => AddAfter(TimeSpan.Zero);

    /// <summary>To be done after a while at the latest; what is due sooner stays so.</summary>
    public void AddAfter(TimeSpan delay)
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            long at = Math.Max(now + Ticks(delay), _notBefore);
            if (at <= now)
            {
                _dueAt = long.MaxValue;
                _due.Writer.TryWrite(true);
                return;
            }
            if (at < _dueAt)
            {
                _dueAt = at;
                _timer ??= time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                _timer.Change(time.GetElapsedTime(now, at), Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>It failed: to be done again, not before a time that grows, or the one that was asked for.</summary>
    public TimeSpan AddFailed(TimeSpan? delay)
    {
        TimeSpan pause = delay ?? _backoff.Next();
        lock (_lock)
        {
            _notBefore = time.GetTimestamp() + Ticks(pause);
            _due.Reader.TryRead(out _);
        }
        AddAfter(pause);
        return pause;
    }

    /// <summary>It worked.</summary>
    public void Succeeded()
    {
        lock (_lock)
        {
            _backoff.Reset();
            _notBefore = 0;
        }
    }

    /// <summary>Waits until there is something to do.</summary>
    public async Task TakeAsync(CancellationToken cancellation) => await _due.Reader.ReadAsync(cancellation);

    public void Dispose()
    {
        lock (_lock)
        {
            _timer?.Dispose();
        }
    }

    private void OnTimer()
    {
        lock (_lock)
        {
            _dueAt = long.MaxValue;
        }
        Add();
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);
}
