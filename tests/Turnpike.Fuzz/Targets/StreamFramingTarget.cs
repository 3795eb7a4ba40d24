using Turnpike.Protocol;

namespace Turnpike.Fuzz.Targets;

/// <summary>A stretch of a TCP stream, framed all at once and byte by byte: both have to give the same frames and the same end.</summary>
public static class StreamFramingTarget
{
    private const int Limit = 2048;

    /// <summary>Takes a stretch of a stream.</summary>
    public static void Run(ReadOnlySpan<byte> input)
    {
        List<(int Offset, int Length)> atOnce = [];
        int end = Cut(input, input.Length, 0, atOnce);

        List<(int Offset, int Length)> byteByByte = [];
        int offset = 0;
        for (int arrived = 0; arrived <= input.Length && offset >= 0; arrived++)
        {
            offset = Cut(input, arrived, offset, byteByByte);
        }

        FuzzException.Unless(end == offset, "Byte by byte, the stream ends elsewhere.");
        FuzzException.Unless(atOnce.Count == byteByByte.Count, "Byte by byte, the number of frames differs.");
        for (int index = 0; index < atOnce.Count; index++)
        {
            FuzzException.Unless(atOnce[index] == byteByByte[index], "Byte by byte, a frame differs.");
        }
    }

    // Gives where the next frame begins, or -1 for a stream that has to be closed.
    private static int Cut(ReadOnlySpan<byte> input, int arrived, int offset, List<(int Offset, int Length)> frames)
    {
        while (true)
        {
            ReadOnlySpan<byte> buffered = input[offset..arrived];
            FrameResult result = StreamFraming.TryReadFrame(buffered, Limit, out int frameLength, out int paddedLength);
            if (result != FrameResult.Frame)
            {
                FuzzException.Unless(frameLength == 0 && paddedLength == 0, "Lengths without a frame.");
                FuzzException.Unless(
                    result == FrameResult.Invalid || buffered.Length < Limit, "More is asked for although the limit is buffered.");
                return result == FrameResult.Invalid ? -1 : offset;
            }

            FuzzException.Unless(
                frameLength > 0 && paddedLength is <= Limit && paddedLength % 4 == 0 && paddedLength - frameLength is >= 0 and < 4
                && paddedLength <= buffered.Length,
                "A frame with impossible lengths.");
            CheckFrame(buffered[..frameLength], buffered[0] < 0x40);
            frames.Add((offset, frameLength));
            offset += paddedLength;
        }
    }

    private static void CheckFrame(ReadOnlySpan<byte> frame, bool stun)
    {
        if (stun)
        {
            StunParseResult result = StunMessage.TryParse(frame, out _);
            FuzzException.Unless(result is StunParseResult.Ok or StunParseResult.BadAttribute, "A STUN frame with a bad header.");
        }
        else
        {
            bool parsed = ChannelData.TryParse(frame, out _, out ReadOnlySpan<byte> data);
            FuzzException.Unless(parsed && data.Length + ChannelData.HeaderLength == frame.Length, "A ChannelData frame with other data.");
        }
    }
}
