using Turnpike.Protocol.Attributes;

namespace Turnpike.Protocol.Tests;

public class ErrorAttributesTests
{
    [Fact]
    public void Every_code_from_300_to_699_comes_back_with_its_reason()
    {
        for (int code = 300; code < 700; code++)
        {
            StunMessage message = Make.Parse(Make.Message((ref StunMessageWriter writer) => ErrorCode.Write(ref writer, code, "why"u8)));
            Assert.Equal(AttributeResult.Ok, ErrorCode.Read(in message, out int back, out ReadOnlySpan<byte> reason));
            Assert.Equal(code, back);
            Assert.Equal("why"u8, reason);
        }
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("000004", false)]
    [InlineData("00000200", false)]
    [InlineData("00000700", false)]
    [InlineData("00000464", false)]
    [InlineData("00000463", true)]
    [InlineData("FFFFF863", false)]
    [InlineData("FFFFFB00", true)]
    public void A_class_outside_3_to_6_or_a_number_above_99_is_malformed(string value, bool wellFormed)
    {
        StunMessage message = Make.Parse(Make.Raw(StunAttributeType.ErrorCode, Make.Hex(value)));

        Assert.Equal(wellFormed ? AttributeResult.Ok : AttributeResult.Malformed, ErrorCode.Read(in message, out int code));
        Assert.Equal(wellFormed, code != 0);
    }

    [Theory]
    [InlineData(763, AttributeResult.Ok)]
    [InlineData(764, AttributeResult.Malformed)]
    public void A_reason_phrase_has_at_most_763_bytes(int length, AttributeResult expected)
    {
        StunMessage message = Make.Parse(Make.Message((ref StunMessageWriter writer) =>
            ErrorCode.Write(ref writer, 400, new byte[length])));

        Assert.Equal(expected, ErrorCode.Read(in message, out _, out ReadOnlySpan<byte> reason));
        Assert.Equal(expected == AttributeResult.Ok ? length : 0, reason.Length);
    }

    [Theory]
    [InlineData(StunErrorCode.TryAlternate, "Try Alternate")]
    [InlineData(StunErrorCode.StaleNonce, "Stale Nonce")]
    [InlineData(StunErrorCode.AllocationQuotaReached, "Allocation Quota Reached")]
    [InlineData(StunErrorCode.InsufficientCapacity, "Insufficient Capacity")]
    [InlineData(499, "")]
    public void The_recommended_reason_phrase_is_written(int code, string phrase)
    {
        StunMessage message = Make.Parse(Make.Message((ref StunMessageWriter writer) => ErrorCode.Write(ref writer, code)));

        Assert.Equal(AttributeResult.Ok, ErrorCode.Read(in message, out _, out ReadOnlySpan<byte> reason));
        Assert.Equal(Make.Utf8(phrase), reason);
    }

    [Fact]
    public void ADDRESS_ERROR_CODE_has_the_family_in_its_first_byte()
    {
        byte[] bytes = Make.Message((ref StunMessageWriter writer) =>
            AddressErrorCode.Write(ref writer, AddressFamily.IPv6, StunErrorCode.AddressFamilyNotSupported));
        StunMessage message = Make.Parse(bytes);

        Assert.Equal([2, 0, 4, 40], bytes[24..28]);
        Assert.Equal(AttributeResult.Ok, AddressErrorCode.Read(in message, out AddressFamily family, out int code));
        Assert.Equal(AddressFamily.IPv6, family);
        Assert.Equal(StunErrorCode.AddressFamilyNotSupported, code);
    }

    [Theory]
    [InlineData("020004")]
    [InlineData("02000700")]
    public void A_malformed_ADDRESS_ERROR_CODE_gives_nothing(string value)
    {
        StunMessage message = Make.Parse(Make.Raw(StunAttributeType.AddressErrorCode, Make.Hex(value)));

        Assert.Equal(AttributeResult.Malformed, AddressErrorCode.Read(in message, out AddressFamily family, out int code));
        Assert.Equal(AddressFamily.None, family);
        Assert.Equal(0, code);
    }

    [Fact]
    public void UNKNOWN_ATTRIBUTES_comes_back_as_far_as_it_fits()
    {
        StunMessage message = Make.Parse(Make.Message((ref StunMessageWriter writer) =>
            UnknownAttributes.Write(ref writer, [0x7FFF, 0x0001, 0x4321])));
        ushort[] room = new ushort[5];

        Assert.Equal(AttributeResult.Ok, UnknownAttributes.Read(in message, room, out int count));
        Assert.Equal(3, count);
        Assert.Equal<ushort>([0x7FFF, 0x0001, 0x4321], room[..3]);
        Assert.Equal(AttributeResult.Ok, UnknownAttributes.Read(in message, room.AsSpan(0, 2), out count));
        Assert.Equal(2, count);
    }

    [Fact]
    public void UNKNOWN_ATTRIBUTES_of_an_odd_length_is_malformed()
    {
        StunMessage message = Make.Parse(Make.Raw(StunAttributeType.UnknownAttributes, [1, 2, 3]));

        Assert.Equal(AttributeResult.Malformed, UnknownAttributes.Read(in message, new ushort[4], out int count));
        Assert.Equal(0, count);
    }
}
