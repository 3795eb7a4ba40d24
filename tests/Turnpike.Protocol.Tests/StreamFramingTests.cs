using CsCheck;

namespace Turnpike.Protocol.Tests;

public class StreamFramingTests
{
    private const int Limit = 2048;

    private static readonly Gen<byte[]> Frames = Gen.OneOf(
        Gen.Byte.Array[0, 40].Select(value => Make.Raw(0, (0x8022, value))),
        Gen.Select(Gen.UShort[0x4000, 0x7FFF], Gen.Byte.Array[0, 40], (number, payload) =>
        {
            byte[] frame = [0, 0, 0, 0, .. payload];
            ChannelData.WriteHeader(frame, number, payload.Length);
            return frame;
        }));

    [Fact]
    public void Frames_that_arrive_byte_by_byte_come_out_whole() => Frames.Array[1, 6].Sample(frames =>
    {
        byte[] stream = Join(frames);
        int offset = 0;
        int next = 0;
        for (int arrived = 0; arrived <= stream.Length; arrived++)
        {
            FrameResult result = StreamFraming.TryReadFrame(stream.AsSpan(offset..arrived), Limit, out int frame, out int padded);
            if (result == FrameResult.Frame)
            {
                Assert.Equal(frames[next++], stream[offset..(offset + frame)]);
                offset += padded;
                Assert.Equal(arrived, offset);
            }
            else
            {
                Assert.Equal(FrameResult.NeedMore, result);
            }
        }

        return next == frames.Length;
    });

    [Fact]
    public void Many_frames_in_one_segment_come_out_one_by_one() => Frames.Array[1, 6].Sample(frames =>
    {
        ReadOnlySpan<byte> rest = Join(frames);
        foreach (byte[] expected in frames)
        {
            Assert.Equal(FrameResult.Frame, StreamFraming.TryReadFrame(rest, Limit, out int frame, out int padded));
            Assert.Equal(expected, rest[..frame]);
            rest = rest[padded..];
        }

        return rest.IsEmpty;
    });

    [Fact]
    public void ChannelData_over_a_stream_is_padded_to_4()
    {
        byte[] frame = [0x40, 0, 0, 5, 1, 2, 3, 4, 5];

        Assert.Equal(FrameResult.NeedMore, StreamFraming.TryReadFrame(frame, Limit, out int length, out int padded));
        Assert.Equal((0, 0), (length, padded));
        Assert.Equal(FrameResult.Frame, StreamFraming.TryReadFrame([.. frame, 9, 9, 9], Limit, out length, out padded));
        Assert.Equal((9, 12), (length, padded));
    }

    [Fact]
    public void First_bytes_that_are_neither_STUN_nor_ChannelData_are_invalid()
    {
        for (int first = 0x80; first <= 0xFF; first++)
        {
            Assert.Equal(FrameResult.Invalid, StreamFraming.TryReadFrame([(byte)first], Limit, out _, out _));
        }

        Assert.Equal(FrameResult.Invalid, StreamFraming.TryReadFrame("GET / HTTP/1.1\r\n"u8, Limit, out _, out _));
    }

    [Theory]
    [InlineData("00010000 21", FrameResult.NeedMore)]
    [InlineData("00010000 22", FrameResult.Invalid)]
    [InlineData("00010000 2112a4", FrameResult.NeedMore)]
    [InlineData("00010000 2112a443", FrameResult.Invalid)]
    public void STUN_without_its_magic_cookie_is_invalid_with_the_first_wrong_byte(string bytes, FrameResult expected)
        => Assert.Equal(expected, StreamFraming.TryReadFrame(Make.Hex(bytes), Limit, out _, out _));

    [Theory]
    [InlineData("00010001")]
    [InlineData("00010002")]
    [InlineData("00010007")]
    public void STUN_whose_length_is_no_multiple_of_4_is_invalid(string bytes)
        => Assert.Equal(FrameResult.Invalid, StreamFraming.TryReadFrame(Make.Hex(bytes), Limit, out _, out _));

    [Theory]
    [InlineData("000107EC", FrameResult.NeedMore)]
    [InlineData("000107F0", FrameResult.Invalid)]
    [InlineData("400007FC", FrameResult.NeedMore)]
    [InlineData("400007F9", FrameResult.NeedMore)]
    [InlineData("400007FD", FrameResult.Invalid)]
    [InlineData("4000FFFF", FrameResult.Invalid)]
    public void A_frame_announcing_more_than_the_limit_is_invalid_at_once(string bytes, FrameResult expected)
        => Assert.Equal(expected, StreamFraming.TryReadFrame(Make.Hex(bytes), Limit, out _, out _));

    [Fact]
    public void The_limit_counts_the_padding()
    {
        byte[] frame = [0x40, 0, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0];

        Assert.Equal(FrameResult.Invalid, StreamFraming.TryReadFrame(frame, 11, out _, out _));
        Assert.Equal(FrameResult.Frame, StreamFraming.TryReadFrame(frame, 12, out _, out _));
    }

    [Fact]
    public void Nothing_buffered_needs_more()
        => Assert.Equal(FrameResult.NeedMore, StreamFraming.TryReadFrame([], Limit, out _, out _));

    private static byte[] Join(byte[][] frames)
    {
        List<byte> stream = [];
        foreach (byte[] frame in frames)
        {
            stream.AddRange(frame);
            while (stream.Count % 4 != 0)
            {
                stream.Add(0xEE);
            }
        }

        return [.. stream];
    }
}
