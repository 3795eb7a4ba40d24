using CsCheck;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Protocol.Tests;

public class StunMessageWriterTests
{
    [Fact]
    public void Padding_bytes_are_zero_on_send_whatever_the_buffer_held()
    {
        Gen.Byte.Array[0, 40].Array[0, 8].Sample(values =>
        {
            byte[] written = Make.Message((ref StunMessageWriter writer) =>
            {
                foreach (byte[] value in values)
                {
                    writer.Append(StunAttributeType.Software, value);
                }
            });
            int offset = 20;
            foreach (byte[] value in values)
            {
                int end = offset + 4 + value.Length;
                int padded = (end + 3) / 4 * 4;
                if (written.AsSpan(end, padded - end).ContainsAnyExcept((byte)0))
                {
                    return false;
                }

                offset = padded;
            }

            return offset == written.Length;
        });
    }

    [Fact]
    public void Reserved_bytes_that_the_caller_leaves_out_are_zero()
    {
        byte[] written = Make.Message((ref StunMessageWriter writer) => writer.Reserve(StunAttributeType.Software, 5)[0] = 1);

        Assert.Equal(Make.Hex("80220005 01000000 00000000"), written[20..]);
    }

    [Fact]
    public void The_length_field_counts_every_attribute_with_its_padding()
    {
        byte[] written = Make.Message((ref StunMessageWriter writer) =>
        {
            Username.Write(ref writer, "abcde"u8);
            Assert.Equal(32, writer.Length);
            Lifetime.Write(ref writer, 600);
        });

        Assert.Equal(40, written.Length);
        Assert.Equal([0, 20], written[2..4]);
    }

    [Fact]
    public void A_message_too_long_for_its_buffer_overflows_and_finishes_empty()
    {
        byte[] whole = Make.Message(WriteTwo);
        for (int room = 0; room < whole.Length; room++)
        {
            byte[] guarded = new byte[whole.Length + 8];
            Array.Fill(guarded, (byte)0xA5);
            var writer = new StunMessageWriter(guarded.AsSpan(0, room), StunClass.Request, StunMethod.Allocate, Make.Id);
            WriteTwo(ref writer);

            Assert.True(writer.Overflowed);
            Assert.True(writer.Finish().IsEmpty);
            Assert.False(guarded.AsSpan(room).ContainsAnyExcept((byte)0xA5));
        }

        var fitting = new StunMessageWriter(new byte[whole.Length], StunClass.Request, StunMethod.Allocate, Make.Id);
        WriteTwo(ref fitting);
        Assert.Equal(whole, fitting.Finish());
    }

    [Fact]
    public void Once_overflowed_a_shorter_attribute_is_not_written_either()
    {
        var writer = new StunMessageWriter(new byte[40], StunClass.Request, StunMethod.Allocate, Make.Id);
        writer.Append(StunAttributeType.Software, new byte[30]);
        Lifetime.Write(ref writer, 1);

        Assert.True(writer.Overflowed);
        Assert.Equal(20, writer.Length);
    }

    [Fact]
    public void No_attribute_throws_when_there_is_no_room()
    {
        for (int room = 0; room < 1200; room++)
        {
            var writer = new StunMessageWriter(new byte[room], StunClass.Request, StunMethod.Allocate, Make.Id);
            AllAttributes.Write(ref writer);
            Assert.Equal(writer.Overflowed, writer.Finish().IsEmpty);
        }
    }

    [Fact]
    public void A_message_never_outgrows_its_length_field()
    {
        var writer = new StunMessageWriter(new byte[200_000], StunClass.Request, StunMethod.Allocate, Make.Id);
        writer.Append(StunAttributeType.Data, new byte[65_528]);
        Assert.False(writer.Overflowed);
        Assert.Equal(20 + 65_532, writer.Finish().Length);
        Assert.Equal(StunParseResult.Ok, StunMessage.TryParse(writer.Finish(), out _));

        DontFragment.Write(ref writer);
        Assert.True(writer.Overflowed);
    }

    [Fact]
    public void A_value_longer_than_16_bits_of_length_overflows()
    {
        var writer = new StunMessageWriter(new byte[200_000], StunClass.Request, StunMethod.Allocate, Make.Id);
        writer.Append(StunAttributeType.Data, new byte[65_536]);

        Assert.True(writer.Overflowed);
    }

    [Fact]
    public void A_payload_with_headroom_becomes_DATA_where_it_lies()
    {
        // The header, an IPv4 XOR-PEER-ADDRESS and the header of DATA are 36 bytes.
        byte[] buffer = new byte[64];
        Array.Fill(buffer, (byte)0xA5);
        "hello"u8.CopyTo(buffer.AsSpan(36));

        var writer = new StunMessageWriter(buffer, StunClass.Indication, StunMethod.Data, Make.Id);
        XorPeerAddress.Write(ref writer, TransportAddress.IPv4(0x7F000001, 9));
        Attributes.Data.Write(ref writer, buffer.AsSpan(36, 5));

        Assert.Equal(Make.Hex("00130005 68656c6c 6f000000"), writer.Finish()[32..].ToArray());
    }

    [Fact]
    public void An_address_without_a_family_is_a_mistake_of_the_caller()
        => Assert.Throws<ArgumentException>(() =>
            Make.Message((ref StunMessageWriter writer) => XorMappedAddress.Write(ref writer, default)));

    private static void WriteTwo(ref StunMessageWriter writer)
    {
        Username.Write(ref writer, "abcde"u8);
        Lifetime.Write(ref writer, 600);
    }
}
