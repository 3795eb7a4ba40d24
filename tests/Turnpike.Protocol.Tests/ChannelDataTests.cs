using CsCheck;

namespace Turnpike.Protocol.Tests;

public class ChannelDataTests
{
    [Fact]
    public void Every_number_and_payload_comes_back()
        => Gen.Select(Gen.UShort[0x4000, 0x7FFF], Gen.Byte.Array[0, 200], Gen.Byte.Array[0, 5]).Sample((number, payload, trailing) =>
        {
            byte[] datagram = [0, 0, 0, 0, .. payload, .. trailing];
            ChannelData.WriteHeader(datagram, number, payload.Length);
            return ChannelData.TryParse(datagram, out ushort back, out ReadOnlySpan<byte> data) && back == number
                && data.SequenceEqual(payload);
        });

    [Fact]
    public void ChannelData_whose_length_exceeds_the_datagram_is_refused()
    {
        Assert.False(ChannelData.TryParse([0x40, 0, 0, 5, 1, 2, 3, 4], out ushort number, out ReadOnlySpan<byte> data));
        Assert.Equal(0, number);
        Assert.True(data.IsEmpty);
        Assert.False(ChannelData.TryParse([0x40, 0, 0xFF, 0xFF], out _, out _));
    }

    [Fact]
    public void What_follows_shorter_ChannelData_is_ignored()
    {
        Assert.True(ChannelData.TryParse([0x40, 0, 0, 2, 1, 2, 3, 4], out _, out ReadOnlySpan<byte> data));
        Assert.Equal<byte>([1, 2], data);
    }

    [Fact]
    public void Over_UDP_padding_is_not_needed()
    {
        Assert.True(ChannelData.TryParse([0x40, 0, 0, 1, 9], out _, out ReadOnlySpan<byte> data));
        Assert.Equal<byte>([9], data);
    }

    [Fact]
    public void Empty_ChannelData_is_well_formed()
    {
        Assert.True(ChannelData.TryParse([0x4F, 0xFF, 0, 0], out ushort number, out ReadOnlySpan<byte> data));
        Assert.Equal(0x4FFF, number);
        Assert.True(data.IsEmpty);
    }

    [Fact]
    public void Numbers_outside_0x4000_to_0x7FFF_are_refused()
    {
        for (int first = 0; first < 256; first++)
        {
            bool parsed = ChannelData.TryParse([(byte)first, 0xFF, 0, 0], out _, out _);
            Assert.Equal(first is >= 0x40 and <= 0x7F, parsed);
        }
    }

    [Fact]
    public void Fewer_than_4_bytes_are_refused()
    {
        Assert.False(ChannelData.TryParse([], out _, out _));
        Assert.False(ChannelData.TryParse([0x40, 0, 0], out _, out _));
    }
}
