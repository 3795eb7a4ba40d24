using Turnpike.Protocol.Attributes;

namespace Turnpike.Protocol.Tests;

public class PasswordAlgorithmTests
{
    [Fact]
    public void PASSWORD_ALGORITHMS_lists_the_offer_in_order()
    {
        byte[] bytes = Make.Message((ref StunMessageWriter writer) =>
            PasswordAlgorithms.Write(ref writer, [PasswordAlgorithmId.Sha256, PasswordAlgorithmId.Md5]));
        StunMessage message = Make.Parse(bytes);
        int offset = 0;

        Assert.Equal(Make.Hex("80020008 00020000 00010000"), bytes[20..]);
        Assert.Equal(AttributeResult.Ok, PasswordAlgorithms.ReadNext(in message, ref offset, out PasswordAlgorithmId first, out _));
        Assert.Equal(PasswordAlgorithmId.Sha256, first);
        Assert.Equal(AttributeResult.Ok, PasswordAlgorithms.ReadNext(in message, ref offset, out PasswordAlgorithmId second, out _));
        Assert.Equal(PasswordAlgorithmId.Md5, second);
        Assert.Equal(AttributeResult.Absent, PasswordAlgorithms.ReadNext(in message, ref offset, out _, out _));
    }

    [Fact]
    public void Entries_with_parameters_are_stepped_over_with_their_padding()
    {
        StunMessage message = Make.Parse(Make.Raw(StunAttributeType.PasswordAlgorithms, Make.Hex("00070005 0102030405000000 00010000")));
        int offset = 0;

        Assert.Equal(
            AttributeResult.Ok,
            PasswordAlgorithms.ReadNext(in message, ref offset, out PasswordAlgorithmId unknown, out ReadOnlySpan<byte> parameters));
        Assert.Equal((PasswordAlgorithmId)7, unknown);
        Assert.Equal<byte>([1, 2, 3, 4, 5], parameters);
        Assert.Equal(AttributeResult.Ok, PasswordAlgorithms.ReadNext(in message, ref offset, out PasswordAlgorithmId md5, out _));
        Assert.Equal(PasswordAlgorithmId.Md5, md5);
    }

    [Theory]
    [InlineData("000100")]
    [InlineData("00010001")]
    [InlineData("0001FFFF00")]
    public void An_entry_beyond_the_value_is_malformed(string value)
    {
        StunMessage message = Make.Parse(Make.Raw(0, (0x8002, Make.Hex(value)), (0x001D, Make.Hex(value))));
        int offset = 0;

        Assert.Equal(AttributeResult.Malformed, PasswordAlgorithms.ReadNext(in message, ref offset, out _, out _));
        Assert.Equal(0, offset);
        Assert.Equal(AttributeResult.Malformed, PasswordAlgorithm.Read(in message, out PasswordAlgorithmId algorithm));
        Assert.Equal(PasswordAlgorithmId.None, algorithm);
    }

    [Fact]
    public void PASSWORD_ALGORITHM_is_exactly_one_entry()
    {
        StunMessage two = Make.Parse(Make.Raw(StunAttributeType.PasswordAlgorithm, Make.Hex("00020000 00010000")));
        Assert.Equal(AttributeResult.Malformed, PasswordAlgorithm.Read(in two, out _));

        StunMessage one = Make.Parse(Make.Message((ref StunMessageWriter writer) =>
            PasswordAlgorithm.Write(ref writer, PasswordAlgorithmId.Md5, [1, 2, 3])));
        Assert.Equal(
            AttributeResult.Ok, PasswordAlgorithm.Read(in one, out PasswordAlgorithmId algorithm, out ReadOnlySpan<byte> parameters));
        Assert.Equal(PasswordAlgorithmId.Md5, algorithm);
        Assert.Equal<byte>([1, 2, 3], parameters);
    }

    [Fact]
    public void Absent_algorithms_are_absent()
    {
        StunMessage message = Make.Parse(Make.Raw(0));
        int offset = 0;

        Assert.Equal(AttributeResult.Absent, PasswordAlgorithm.Read(in message, out _));
        Assert.Equal(AttributeResult.Absent, PasswordAlgorithms.ReadNext(in message, ref offset, out _, out _));
    }
}
