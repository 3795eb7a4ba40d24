namespace Turnpike.Protocol.Tests;

/// <summary>What the wire format decides of RFC 8489 §5, §6 and §7.</summary>
public class StunFramingRulesTests
{
    private static byte[] Binding => Make.Raw(0, (0x0006, [1, 2, 3, 4]));

    [Theory]
    [InlineData(0x40)]
    [InlineData(0x80)]
    [InlineData(0xC0)]
    public void The_first_two_bits_are_zero(byte bits)
    {
        byte[] datagram = Binding;
        datagram[0] |= bits;

        Assert.Equal(StunParseResult.NotStun, StunMessage.TryParse(datagram, out _));
    }

    [Fact]
    public void A_request_of_RFC_3489_without_magic_cookie_is_refused()
    {
        for (int index = 4; index < 8; index++)
        {
            byte[] datagram = Binding;
            datagram[index] ^= 1;
            Assert.Equal(StunParseResult.NoMagicCookie, StunMessage.TryParse(datagram, out _));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_length_is_a_multiple_of_4(byte odd)
    {
        byte[] datagram = [.. Binding, .. new byte[odd]];
        datagram[3] += odd;

        Assert.Equal(StunParseResult.BadLength, StunMessage.TryParse(datagram, out _));
    }

    [Fact]
    public void The_length_is_what_the_datagram_holds()
    {
        Assert.Equal(StunParseResult.Ok, StunMessage.TryParse(Binding, out _));
        Assert.Equal(StunParseResult.BadLength, StunMessage.TryParse([.. Binding, 0, 0, 0, 0], out _));
        Assert.Equal(StunParseResult.BadLength, StunMessage.TryParse(Binding.AsSpan(0, 24), out _));
    }

    [Fact]
    public void Fewer_than_20_bytes_are_too_short()
    {
        for (int length = 0; length < StunMessage.HeaderLength; length++)
        {
            Assert.Equal(StunParseResult.TooShort, StunMessage.TryParse(Binding.AsSpan(0, length), out _));
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(0xFFFF)]
    public void An_attribute_that_reaches_beyond_the_message_is_refused(int length)
    {
        byte[] datagram = Binding;
        datagram[22] = (byte)(length >> 8);
        datagram[23] = (byte)length;

        Assert.Equal(StunParseResult.BadAttribute, StunMessage.TryParse(datagram, out _));
    }

    [Fact]
    public void An_attribute_whose_padding_only_just_fits_is_taken()
    {
        byte[] datagram = Binding;
        datagram[23] = 1;

        StunMessage message = Make.Parse(datagram);
        Assert.True(message.TryGet(StunAttributeType.Username, out ReadOnlySpan<byte> value));
        Assert.Equal<byte>([1], value);
    }

    [Fact]
    public void Padding_bytes_are_ignored_on_receipt()
    {
        byte[] datagram = Make.Raw(0xFF, (0x0006, [1, 2, 3, 4, 5]), (0x0014, [6]));

        StunMessage message = Make.Parse(datagram);
        Assert.True(message.TryGet(StunAttributeType.Username, out ReadOnlySpan<byte> username));
        Assert.Equal<byte>([1, 2, 3, 4, 5], username);
        Assert.True(message.TryGet(StunAttributeType.Realm, out ReadOnlySpan<byte> realm));
        Assert.Equal<byte>([6], realm);
    }

    [Fact]
    public void Every_class_and_method_survives_the_header()
    {
        for (int method = 0; method < 0x1000; method++)
        {
            for (int @class = 0; @class < 4; @class++)
            {
                byte[] bytes = Make.Message((ref StunMessageWriter _) => { }, (StunMethod)method, (StunClass)@class);
                StunMessage message = Make.Parse(bytes);
                Assert.Equal(method, (int)message.Method);
                Assert.Equal(@class, (int)message.Class);
            }
        }
    }

    [Theory]
    [InlineData(StunClass.Request, StunMethod.Allocate, 0x0003)]
    [InlineData(StunClass.SuccessResponse, StunMethod.Allocate, 0x0103)]
    [InlineData(StunClass.ErrorResponse, StunMethod.Allocate, 0x0113)]
    [InlineData(StunClass.Indication, StunMethod.Send, 0x0016)]
    [InlineData(StunClass.Indication, StunMethod.Data, 0x0017)]
    [InlineData(StunClass.Indication, StunMethod.ConnectionAttempt, 0x001C)]
    public void The_message_types_are_those_on_the_wire(StunClass @class, StunMethod method, int type)
    {
        byte[] bytes = Make.Message((ref StunMessageWriter _) => { }, method, @class);

        Assert.Equal([(byte)(type >> 8), (byte)type], bytes[..2]);
    }

    [Fact]
    public void Types_below_0x8000_are_comprehension_required()
    {
        Assert.True(((StunAttributeType)0x7FFF).IsComprehensionRequired());
        Assert.True(StunAttributeType.Username.IsComprehensionRequired());
        Assert.False(((StunAttributeType)0x8000).IsComprehensionRequired());
        Assert.False(StunAttributeType.Software.IsComprehensionRequired());
    }

    [Fact]
    public void An_attribute_type_unknown_to_Turnpike_is_enumerated_like_any_other()
    {
        byte[] datagram = Make.Raw(0, (0x7ABC, [1]), (0xFABC, []));

        Assert.Equal([(StunAttributeType)0x7ABC, (StunAttributeType)0xFABC], Make.EffectiveTypes(datagram));
    }
}
