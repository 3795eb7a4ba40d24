using System.Collections.Concurrent;
using Turnpike.LoadTest.Relay;
using Turnpike.Protocol;

namespace Turnpike.LoadTest.Turn;

/// <summary>Takes the messages that clients get over streams, on the generator's thread.</summary>
internal interface IStreamHandler
{
    void OnMessage(Flow flow, ReadOnlySpan<byte> message);
}

/// <summary>
/// What the connections' tasks have read, on its way to the generator's thread. Bounded: a generator that cannot keep up loses what is over the
/// bound, and knows how much.
/// </summary>
/// <param name="wake">Makes the generator's thread look here.</param>
internal sealed class StreamInbox(Action wake)
{
    /// <summary>Bytes that may wait.</summary>
    private const long Bound = 64 * 1024 * 1024;

    private readonly ConcurrentQueue<Piece> _pieces = new();
    private long _waiting;
    private long _dropped;

    /// <summary>Messages that found no room.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Takes whole messages, on any thread.</summary>
    public void Add(Flow flow, ReadOnlySpan<byte> messages, int count)
    {
        if (Interlocked.Add(ref _waiting, messages.Length) > Bound)
        {
            Interlocked.Add(ref _waiting, -messages.Length);
            Interlocked.Add(ref _dropped, count);
            return;
        }

        byte[] copy = System.Buffers.ArrayPool<byte>.Shared.Rent(messages.Length);
        messages.CopyTo(copy);
        _pieces.Enqueue(new Piece(flow, copy, messages.Length, null));
        wake();
    }

    /// <summary>Says that a connection ended which nobody closed here, on any thread.</summary>
    public void AddEnd(Flow flow, string why)
    {
        _pieces.Enqueue(new Piece(flow, [], 0, why));
        wake();
    }

    /// <summary>Gives everything to the handler, on the generator's thread.</summary>
    public void Drain(IStreamHandler handler)
    {
        while (_pieces.TryDequeue(out Piece piece))
        {
            if (piece.Ended is string why)
            {
                piece.Flow.Allocation.Abort(why);
                continue;
            }

            ReadOnlySpan<byte> rest = piece.Messages.AsSpan(0, piece.Length);
            while (StreamFraming.TryReadFrame(rest, StreamClient.LongestMessage, out int length, out int padded) == FrameResult.Frame)
            {
                handler.OnMessage(piece.Flow, rest[..length]);
                rest = rest[padded..];
            }

            Interlocked.Add(ref _waiting, -piece.Length);
            System.Buffers.ArrayPool<byte>.Shared.Return(piece.Messages);
        }
    }

    private readonly record struct Piece(Flow Flow, byte[] Messages, int Length, string? Ended);
}
