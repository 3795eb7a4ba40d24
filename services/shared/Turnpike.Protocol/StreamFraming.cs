using System.Buffers.Binary;

namespace Turnpike.Protocol;

/// <summary>What a look at the bytes of a stream gave.</summary>
public enum FrameResult : byte
{
    /// <summary>The frame is not complete.</summary>
    NeedMore = 0,

    /// <summary>A complete frame is at the front.</summary>
    Frame = 1,

    /// <summary>Neither STUN nor ChannelData, or a frame above the limit: close the connection.</summary>
    Invalid = 2,
}

/// <summary>
/// Cuts STUN and ChannelData messages out of a TCP or TLS stream (RFC 8656 §12.5, RFC 8489 §6.2.2): both say their length in
/// their first four bytes, and over a stream ChannelData is padded to a multiple of 4.
/// </summary>
public static class StreamFraming
{
    private const int PrefixLength = 4;

    /// <summary>
    /// Looks for a frame at the front of <paramref name="buffered"/>. On Frame, <paramref name="frameLength"/> is the message without
    /// padding and <paramref name="paddedLength"/> what to take off the stream; else both are 0. A frame whose padded length is
    /// above <paramref name="limit"/> bytes is Invalid as soon as its length is known, so a stream never has to be buffered beyond it.
    /// </summary>
    public static FrameResult TryReadFrame(ReadOnlySpan<byte> buffered, int limit, out int frameLength, out int paddedLength)
    {
        frameLength = 0;
        paddedLength = 0;
        if (buffered.IsEmpty)
        {
            return FrameResult.NeedMore;
        }

        int kind = buffered[0] & 0xC0;
        if (kind is not (0x00 or 0x40))
        {
            return FrameResult.Invalid;
        }

        if (buffered.Length < PrefixLength)
        {
            return FrameResult.NeedMore;
        }

        bool stun = kind == 0x00;
        int length = BinaryPrimitives.ReadUInt16BigEndian(buffered[2..]);
        int frame = length + (stun ? StunMessage.HeaderLength : ChannelData.HeaderLength);
        int padded = StunMessage.Padded(frame);
        if (padded > limit || (stun && (padded != frame || !MayHaveMagicCookie(buffered))))
        {
            return FrameResult.Invalid;
        }

        if (buffered.Length < padded)
        {
            return FrameResult.NeedMore;
        }

        frameLength = frame;
        paddedLength = padded;
        return FrameResult.Frame;
    }

    // A stream out of step, or an RFC 3489 client, is told apart with the cookie's first byte rather than after a whole frame.
    private static bool MayHaveMagicCookie(ReadOnlySpan<byte> buffered)
    {
        Span<byte> cookie = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(cookie, StunMessage.MagicCookie);
        ReadOnlySpan<byte> received = buffered[StunMessage.CookieOffset..];
        int known = Math.Min(received.Length, cookie.Length);
        return received[..known].SequenceEqual(cookie[..known]);
    }
}
