using System.Buffers;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Edge.Transport.Streams;
using Turnpike.Protocol;

namespace Turnpike.Edge.Tests.Streams;

public sealed class StreamFramesTests
{
    private static readonly byte[] Binding = RunningRelay.Request(StunMethod.Binding);
    private static readonly byte[] Data = [0x40, 0, 0, 3, 1, 2, 3, 0];

    [Fact]
    public void A_frame_is_cut_only_when_it_is_whole_and_says_how_much_is_missing()
    {
        for (int length = 0; length < Binding.Length; length++)
        {
            StreamFrames.Burst burst = Cut(Binding[..length]);
            Assert.Null(burst.Buffer);
            Assert.Equal(length switch { 0 => 1, < 4 => 4, < 8 => 8, _ => 20 }, burst.Needed);
        }

        Assert.Equal(20, Cut(Binding).Length);
    }

    [Fact]
    public void Several_frames_are_one_burst_and_the_rest_stays()
    {
        StreamFrames.Burst burst = Cut([.. Binding, .. Data, .. Binding[..7]]);
        Assert.Equal(28, burst.Length);
        Assert.Equal([.. Binding, .. Data], burst.Buffer![..28]);
        Assert.Equal(StreamClose.None, burst.Invalid);
    }

    [Theory]
    [InlineData(StunMethod.ConnectionBind)]
    [InlineData(StunMethod.Refresh)]
    public void A_burst_ends_behind_what_may_take_the_rest_elsewhere(StunMethod method)
    {
        StreamFrames.Burst burst = Cut([.. Binding, .. RunningRelay.Request(method), .. Data]);
        Assert.True(burst.EndsWithTurn);
        Assert.Equal(40, burst.Length);
        Assert.False(Cut([.. Binding, .. Data]).EndsWithTurn);
    }

    [Fact]
    public void A_burst_is_bounded_and_a_frame_longer_than_that_is_still_one()
    {
        byte[] many = new byte[100_000];
        for (int i = 0; i < many.Length; i += 4)
        {
            many[i] = 0x40;
        }

        Assert.Equal(16_384, Cut(many).Length);
        byte[] longest = [0x40, 0, 0xFF, 0xFF, .. new byte[65_536]];
        Assert.Equal(65_540, Cut([.. longest, .. Data]).Length);
    }

    [Theory]
    [InlineData(0x80)]
    [InlineData(0xFF)]
    [InlineData(0x50)]
    [InlineData(0x7F)]
    public void A_first_byte_of_neither_protocol_is_invalid_at_once(byte first) =>
        Assert.Equal(StreamClose.InvalidFrame, Cut([first]).Invalid);

    [Fact]
    public void The_channel_numbers_of_RFC_5766_are_frames_where_they_are_switched_on() =>
        Assert.Equal(4, StreamFrames.Cut(new([0x50, 0, 0, 0]), StreamFrames.Longest, rfc5766: true).Length);

    [Fact]
    public void A_wrong_cookie_is_found_out_with_its_first_byte() =>
        Assert.Equal(StreamClose.InvalidFrame, Cut([0, 1, 0, 0, 0x22]).Invalid);

    [Fact]
    public void What_stands_before_an_invalid_frame_is_still_cut()
    {
        StreamFrames.Burst burst = Cut([.. Binding, 0x80]);
        Assert.Equal(20, burst.Length);
        Assert.Equal(StreamClose.InvalidFrame, burst.Invalid);
    }

    [Fact]
    public void Without_an_allocation_a_frame_is_at_most_8192_bytes()
    {
        Assert.Equal(StreamClose.None, StreamFrames.Cut(new([0x40, 0, 0x1F, 0xFC]), StreamFrames.LongestWithoutAllocation, false).Invalid);
        Assert.Equal(StreamClose.FrameTooLong, StreamFrames.Cut(new([0x40, 0, 0x1F, 0xFD]), StreamFrames.LongestWithoutAllocation, false).Invalid);
    }

    [Fact]
    public void Segments_make_no_difference()
    {
        byte[] stream = [.. Binding, .. Data, .. Data, .. Binding];
        for (int cut = 1; cut < stream.Length; cut++)
        {
            var first = new Segment(stream.AsMemory(0, cut));
            Segment second = first.Append(stream.AsMemory(cut));
            var sequence = new ReadOnlySequence<byte>(first, 0, second, second.Memory.Length);
            StreamFrames.Burst burst = StreamFrames.Cut(sequence, StreamFrames.Longest, false);
            Assert.Equal(stream, burst.Buffer![..burst.Length]);
        }
    }

    private static StreamFrames.Burst Cut(byte[] arrived) => StreamFrames.Cut(new ReadOnlySequence<byte>(arrived), StreamFrames.Longest, false);

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
