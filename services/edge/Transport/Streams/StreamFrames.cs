using System.Buffers;
using System.Buffers.Binary;
using Turnpike.Protocol;

namespace Turnpike.Edge.Transport.Streams;

/// <summary>Takes bursts of whole frames out of what has arrived of a stream.</summary>
internal static class StreamFrames
{
    /// <summary>The longest frame there can be, in bytes: a STUN message whose length field is full.</summary>
    public const int Longest = StunMessage.HeaderLength + 65_532;

    /// <summary>
    /// The longest frame of a connection without an allocation, in bytes: room for any request with an access token, and a bound on
    /// what each of thousands of unknown clients can have buffered here.
    /// </summary>
    public const int LongestWithoutAllocation = 8192;

    // What a burst copies at most beyond one frame: a TLS record or a batch of segments.
    private const int BurstBytes = 16_384;

    // The bytes that tell what a frame is and how long: with the magic cookie, so that a stream out of step is found out early.
    private const int HeadLength = 8;

    private const byte FirstRfc5766Byte = 0x50;
    private const ushort ConnectionBindRequest = 0x000B;
    private const ushort RefreshRequest = 0x0004;

    /// <summary>What <see cref="Cut"/> found.</summary>
    /// <param name="Buffer">An array of the shared pool with whole frames; null when there is none.</param>
    /// <param name="Length">Bytes of those frames, which are to be taken off the stream.</param>
    /// <param name="EndsWithTurn">Whether what follows the last frame may be for somebody else (<see cref="IsTurn"/>).</param>
    /// <param name="Needed">Bytes that have to be there before another look is worth it.</param>
    /// <param name="Invalid">Why nothing that follows can be read, or <see cref="StreamClose.None"/>.</param>
    public readonly record struct Burst(byte[]? Buffer, int Length, bool EndsWithTurn, int Needed, StreamClose Invalid);

    /// <summary>Copies whole frames off the front of <paramref name="arrived"/>, as many as a burst takes.</summary>
    /// <param name="arrived">What has arrived, from the first byte of a frame on.</param>
    /// <param name="limit">The longest frame, in bytes.</param>
    /// <param name="rfc5766">Whether ChannelData may use the numbers 0x5000 to 0x7FFF.</param>
    public static Burst Cut(in ReadOnlySequence<byte> arrived, int limit, bool rfc5766)
    {
        Span<byte> head = stackalloc byte[HeadLength];
        int known = (int)Math.Min(arrived.Length, HeadLength);
        arrived.Slice(0, known).CopyTo(head);
        (int needed, StreamClose invalid) = Look(head[..known], limit, rfc5766);
        if (invalid != StreamClose.None || arrived.Length < needed)
        {
            return new Burst(null, 0, false, needed, invalid);
        }

        int length = (int)Math.Min(arrived.Length, Math.Max(needed, BurstBytes));
        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        arrived.Slice(0, length).CopyTo(buffer);
        ReadOnlySpan<byte> rest = buffer.AsSpan(0, length);
        bool turn = false;
        while (!turn)
        {
            (needed, invalid) = Look(rest[..Math.Min(rest.Length, HeadLength)], limit, rfc5766);
            if (invalid != StreamClose.None || rest.Length < needed)
            {
                break;
            }

            turn = IsTurn(rest);
            rest = rest[needed..];
        }

        return new Burst(buffer, length - rest.Length, turn, turn ? 0 : needed, turn ? StreamClose.None : invalid);
    }

    /// <summary>
    /// Whether what follows a frame may be for somebody else: a ConnectionBind makes it a peer's bytes (RFC 6062 section 4.3), and a
    /// Refresh may bring the connection to another shard (RFC 8016), which would get bursts of two ways in whatever order.
    /// </summary>
    public static bool IsTurn(ReadOnlySpan<byte> frame) => IsConnectionBind(frame) || IsRefresh(frame);

    /// <summary>Whether a frame is a Refresh request.</summary>
    public static bool IsRefresh(ReadOnlySpan<byte> frame) =>
        BinaryPrimitives.TryReadUInt16BigEndian(frame, out ushort type) && type == RefreshRequest;

    /// <summary>Whether a frame is a ConnectionBind request.</summary>
    public static bool IsConnectionBind(ReadOnlySpan<byte> frame) =>
        BinaryPrimitives.TryReadUInt16BigEndian(frame, out ushort type) && type == ConnectionBindRequest;

    /// <summary>How many bytes the frame that begins with <paramref name="head"/> takes, as far as its first bytes say.</summary>
    private static (int Needed, StreamClose Invalid) Look(ReadOnlySpan<byte> head, int limit, bool rfc5766)
    {
        if (head.IsEmpty)
        {
            return (1, StreamClose.None);
        }

        if (head[0] >= FirstRfc5766Byte && !rfc5766)
        {
            return (0, StreamClose.InvalidFrame);
        }

        if (StreamFraming.TryReadFrame(head, Longest, out _, out int padded) == FrameResult.Invalid)
        {
            return (0, StreamClose.InvalidFrame);
        }

        if (head.Length < sizeof(uint))
        {
            return (sizeof(uint), StreamClose.None);
        }

        int header = head[0] < 0x40 ? StunMessage.HeaderLength : ChannelData.HeaderLength;
        padded = (header + BinaryPrimitives.ReadUInt16BigEndian(head[2..]) + 3) & ~3;
        if (padded > limit)
        {
            return (0, StreamClose.FrameTooLong);
        }

        // Looked at again when the whole of the head is there.
        return (head.Length < HeadLength ? Math.Min(padded, HeadLength) : padded, StreamClose.None);
    }
}
