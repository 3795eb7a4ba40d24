using System.Buffers;

namespace Turnpike.Edge.Transport.Streams;

/// <summary>
/// What waits to be written to a client, at most so many bytes. It behaves as UDP does: when a client reads too slowly the oldest
/// datagrams go, and answers to its requests go only when no datagram is left. One thread appends, another takes.
/// </summary>
/// <param name="limit">Bytes.</param>
internal sealed class SendBacklog(int limit)
{
    // Queues that a burst has made long are given back once they are empty.
    private const int KeptCapacity = 64;

    private readonly Lock _lock = new();

    // Answers are written first: over UDP either may overtake the other as well.
    private readonly Queue<ArraySegment<byte>> _answers = new(0);
    private readonly Queue<ArraySegment<byte>> _datagrams = new(0);
    private int _bytes;
    private bool _writing;
    private bool _closed;
    private TaskCompletionSource? _flushed;

    /// <summary>Appends a copy.</summary>
    /// <param name="message">The bytes.</param>
    /// <param name="isDatagram">Whether it is application data.</param>
    /// <returns>How many messages were dropped for it.</returns>
    public int Append(ReadOnlySpan<byte> message, bool isDatagram)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(message.Length);
        message.CopyTo(buffer);
        int dropped = 0;
        lock (_lock)
        {
            if (_closed)
            {
                ArrayPool<byte>.Shared.Return(buffer);
                return 1;
            }

            (isDatagram ? _datagrams : _answers).Enqueue(new ArraySegment<byte>(buffer, 0, message.Length));
            _bytes += message.Length;
            while (_bytes > limit && Dequeue(_datagrams, _answers) is { Array: not null } oldest)
            {
                ArrayPool<byte>.Shared.Return(oldest.Array);
                dropped++;
            }
        }

        return dropped;
    }

    /// <summary>True for the one caller that has to start writing: something waits and nobody writes.</summary>
    public bool TryBegin()
    {
        lock (_lock)
        {
            if (_writing || _bytes == 0)
            {
                return false;
            }

            _writing = true;
            return true;
        }
    }

    /// <summary>The next message, whose array the caller returns to the shared pool; or none, and the writing has ended with that.</summary>
    public ArraySegment<byte> TakeOrEnd()
    {
        lock (_lock)
        {
            ArraySegment<byte> next = Dequeue(_answers, _datagrams);
            if (next.Array is null)
            {
                End();
            }

            return next;
        }
    }

    /// <summary>The next message while the writing goes on; or none.</summary>
    public ArraySegment<byte> Take()
    {
        lock (_lock)
        {
            return Dequeue(_answers, _datagrams);
        }
    }

    /// <summary>Completes when everything appended so far has been written, or will never be.</summary>
    public Task FlushedAsync()
    {
        lock (_lock)
        {
            if (!_writing && _bytes == 0)
            {
                return Task.CompletedTask;
            }

            _flushed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _flushed.Task;
        }
    }

    /// <summary>Forgets what waits, and refuses more.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            while (Dequeue(_datagrams, _answers) is { Array: not null } waiting)
            {
                ArrayPool<byte>.Shared.Return(waiting.Array);
            }

            End();
        }
    }

    private ArraySegment<byte> Dequeue(Queue<ArraySegment<byte>> first, Queue<ArraySegment<byte>> second)
    {
        if (first.TryDequeue(out ArraySegment<byte> next) || second.TryDequeue(out next))
        {
            _bytes -= next.Count;
        }

        return next;
    }

    private void End()
    {
        _writing = false;
        _flushed?.TrySetResult();
        _flushed = null;
        Trim(_answers);
        Trim(_datagrams);
    }

    private static void Trim(Queue<ArraySegment<byte>> queue)
    {
        if (queue.Capacity > KeptCapacity)
        {
            queue.TrimExcess(KeptCapacity);
        }
    }
}
