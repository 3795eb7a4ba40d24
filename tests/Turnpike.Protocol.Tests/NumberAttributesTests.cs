using CsCheck;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Protocol.Tests;

public class NumberAttributesTests
{
    [Fact]
    public void LIFETIME_and_CONNECTION_ID_come_back() => Gen.UInt.Sample(value =>
    {
        StunMessage message = Make.Parse(Make.Message((ref StunMessageWriter writer) =>
        {
            Lifetime.Write(ref writer, value);
            ConnectionId.Write(ref writer, ~value);
        }));
        return Lifetime.Read(in message, out uint seconds) == AttributeResult.Ok && seconds == value
            && ConnectionId.Read(in message, out uint id) == AttributeResult.Ok && id == ~value;
    });

    [Fact]
    public void CHANNEL_NUMBER_and_RESPONSE_PORT_come_back() => Gen.UShort.Sample(value =>
    {
        StunMessage message = Make.Parse(Make.Message((ref StunMessageWriter writer) =>
        {
            ChannelNumber.Write(ref writer, value);
            ResponsePort.Write(ref writer, value);
        }));
        return ChannelNumber.Read(in message, out ushort number) == AttributeResult.Ok && number == value
            && ResponsePort.Read(in message, out ushort port) == AttributeResult.Ok && port == value;
    });

    [Fact]
    public void Protocols_and_families_come_back_whatever_the_byte() => Gen.Byte.Sample(value =>
    {
        StunMessage message = Make.Parse(Make.Message((ref StunMessageWriter writer) =>
        {
            RequestedTransport.Write(ref writer, value);
            RequestedAddressFamily.Write(ref writer, (AddressFamily)value);
            AdditionalAddressFamily.Write(ref writer, (AddressFamily)value);
        }));
        return RequestedTransport.Read(in message, out byte protocol) == AttributeResult.Ok && protocol == value
            && RequestedAddressFamily.Read(in message, out AddressFamily requested) == AttributeResult.Ok && (byte)requested == value
            && AdditionalAddressFamily.Read(in message, out AddressFamily additional) == AttributeResult.Ok && (byte)additional == value;
    });

    [Fact]
    public void Reserved_bits_are_zero_on_send_and_ignored_on_receipt()
    {
        byte[] bytes = Make.Message((ref StunMessageWriter writer) => ChannelNumber.Write(ref writer, 0x4001));
        Assert.Equal(Make.Hex("000c0004 40010000"), bytes[20..]);

        StunMessage message = Make.Parse(Make.Raw(
            0,
            (0x000C, [0x40, 0x01, 0xFF, 0xFF]),
            (0x0019, [17, 0xFF, 0xFF, 0xFF]),
            (0x0017, [2, 0xFF, 0xFF, 0xFF]),
            (0x0018, [0x7F]),
            (0x0003, [0xFF, 0xFF, 0xFF, 0xFD])));
        Assert.Equal(AttributeResult.Ok, ChannelNumber.Read(in message, out ushort number));
        Assert.Equal(0x4001, number);
        Assert.Equal(AttributeResult.Ok, RequestedTransport.Read(in message, out byte protocol));
        Assert.Equal(RequestedTransport.Udp, protocol);
        Assert.Equal(AttributeResult.Ok, RequestedAddressFamily.Read(in message, out AddressFamily family));
        Assert.Equal(AddressFamily.IPv6, family);
        Assert.Equal(AttributeResult.Ok, EvenPort.Read(in message, out bool reserveNext));
        Assert.False(reserveNext);
        Assert.Equal(AttributeResult.Ok, ChangeRequest.Read(in message, out ChangeRequestFlags flags));
        Assert.Equal(ChangeRequestFlags.ChangeIP, flags);
    }

    [Theory]
    [InlineData(false, 0x00)]
    [InlineData(true, 0x80)]
    public void EVEN_PORT_has_its_R_bit_on_top(bool reserveNext, byte wire)
    {
        byte[] bytes = Make.Message((ref StunMessageWriter writer) => EvenPort.Write(ref writer, reserveNext));
        StunMessage message = Make.Parse(bytes);

        Assert.Equal([0x00, 0x18, 0, 1, wire, 0, 0, 0], bytes[20..]);
        Assert.Equal(AttributeResult.Ok, EvenPort.Read(in message, out bool back));
        Assert.Equal(reserveNext, back);
    }

    [Fact]
    public void RESERVATION_TOKEN_comes_back() => Gen.ULong.Sample(value =>
    {
        StunMessage message = Make.Parse(Make.Message((ref StunMessageWriter writer) => ReservationToken.Write(ref writer, value)));
        return ReservationToken.Read(in message, out ulong token) == AttributeResult.Ok && token == value;
    });

    [Fact]
    public void ICMP_has_7_bits_of_type_and_9_of_code()
        => Gen.Select(Gen.Byte[0, 127], Gen.UShort[0, 511], Gen.UInt).Sample((type, code, data) =>
        {
            byte[] bytes = Make.Message((ref StunMessageWriter writer) => Icmp.Write(ref writer, type, code, data));
            StunMessage message = Make.Parse(bytes);
            return bytes[24] == 0 && bytes[25] == 0 && (bytes[26] * 256) + bytes[27] == (type * 512) + code
                && Icmp.Read(in message, out byte backType, out ushort backCode, out uint backData) == AttributeResult.Ok
                && backType == type && backCode == code && backData == data;
        });

    [Theory]
    [InlineData(ChangeRequestFlags.None)]
    [InlineData(ChangeRequestFlags.ChangeIP)]
    [InlineData(ChangeRequestFlags.ChangePort)]
    [InlineData(ChangeRequestFlags.ChangeIP | ChangeRequestFlags.ChangePort)]
    public void CHANGE_REQUEST_comes_back(ChangeRequestFlags flags)
    {
        byte[] bytes = Make.Message((ref StunMessageWriter writer) => ChangeRequest.Write(ref writer, flags));
        StunMessage message = Make.Parse(bytes);

        Assert.Equal((byte)flags, bytes[27]);
        Assert.Equal(AttributeResult.Ok, ChangeRequest.Read(in message, out ChangeRequestFlags back));
        Assert.Equal(flags, back);
    }

    [Fact]
    public void DONT_FRAGMENT_has_no_value()
    {
        StunMessage message = Make.Parse(Make.Message(DontFragment.Write));
        Assert.Equal(AttributeResult.Ok, DontFragment.Read(in message));

        message = Make.Parse(Make.Raw(StunAttributeType.DontFragment, [1]));
        Assert.Equal(AttributeResult.Malformed, DontFragment.Read(in message));
    }

    [Fact]
    public void PADDING_is_zeros_of_the_length_asked_for()
    {
        byte[] bytes = Make.Message((ref StunMessageWriter writer) => Padding.Write(ref writer, 1001));
        StunMessage message = Make.Parse(bytes);

        Assert.Equal(AttributeResult.Ok, Padding.Read(in message, out int length));
        Assert.Equal(1001, length);
        Assert.False(bytes.AsSpan(24).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void RESPONSE_PORT_may_count_its_padding_as_value()
    {
        StunMessage message = Make.Parse(Make.Raw(StunAttributeType.ResponsePort, [0x12, 0x34, 0, 0]));

        Assert.Equal(AttributeResult.Ok, ResponsePort.Read(in message, out ushort port));
        Assert.Equal(0x1234, port);
    }

    [Fact]
    public void Numbers_of_another_length_are_malformed_and_absent_ones_absent()
    {
        for (int length = 0; length < 12; length++)
        {
            byte[] value = new byte[length];
            Array.Fill(value, (byte)0xFF);
            StunMessage word = Make.Parse(Make.Raw(
                0, (0x0D, value), (0x2A, value), (0x0C, value), (0x19, value), (0x17, value), (0x8000, value), (0x03, value)));
            AttributeResult expected = length == 4 ? AttributeResult.Ok : AttributeResult.Malformed;
            Assert.Equal(expected, Lifetime.Read(in word, out _));
            Assert.Equal(expected, ConnectionId.Read(in word, out _));
            Assert.Equal(expected, ChannelNumber.Read(in word, out _));
            Assert.Equal(expected, RequestedTransport.Read(in word, out _));
            Assert.Equal(expected, RequestedAddressFamily.Read(in word, out _));
            Assert.Equal(expected, AdditionalAddressFamily.Read(in word, out _));
            Assert.Equal(expected, ChangeRequest.Read(in word, out _));

            StunMessage other = Make.Parse(Make.Raw(0, (0x22, value), (0x18, value), (0x8004, value), (0x27, value)));
            Assert.Equal(length == 8 ? AttributeResult.Ok : AttributeResult.Malformed, ReservationToken.Read(in other, out _));
            Assert.Equal(length == 1 ? AttributeResult.Ok : AttributeResult.Malformed, EvenPort.Read(in other, out _));
            Assert.Equal(length == 8 ? AttributeResult.Ok : AttributeResult.Malformed, Icmp.Read(in other, out _, out _, out _));
            Assert.Equal(length is 2 or 4 ? AttributeResult.Ok : AttributeResult.Malformed, ResponsePort.Read(in other, out _));
            Assert.Equal(AttributeResult.Absent, Lifetime.Read(in other, out _));
            Assert.Equal(AttributeResult.Absent, EvenPort.Read(in word, out _));
            Assert.Equal(AttributeResult.Absent, Padding.Read(in word, out _));
        }
    }
}
