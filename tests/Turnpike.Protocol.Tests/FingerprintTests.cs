using CsCheck;
using Turnpike.Fuzz.Oracles;

namespace Turnpike.Protocol.Tests;

public class FingerprintTests
{
    [Fact]
    public void FINGERPRINT_is_the_CRC_32_of_a_slow_oracle_XORed_with_STUN() => Gen.Byte.Array[0, 70].Sample(payload =>
    {
        byte[] bytes = Make.Message((ref StunMessageWriter writer) =>
        {
            Attributes.Data.Write(ref writer, payload);
            Fingerprint.Write(ref writer);
        });
        uint expected = SlowCrc32.Compute(bytes.AsSpan(0, bytes.Length - 8)) ^ 0x5354554E;
        StunMessage message = Make.Parse(bytes);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(bytes.Length - 4)) == expected
            && Fingerprint.Check(in message) == AttributeResult.Ok;
    });

    [Fact]
    public void The_oracle_gives_the_check_value_of_CRC_32() => Assert.Equal(0xCBF43926u, SlowCrc32.Compute("123456789"u8));

    [Fact]
    public void A_wrong_FINGERPRINT_is_malformed()
    {
        byte[] bytes = Make.Message(Fingerprint.Write);
        for (int bit = 0; bit < 32; bit++)
        {
            byte[] changed = [.. bytes];
            changed[^(1 + (bit / 8))] ^= (byte)(1 << (bit % 8));
            StunMessage message = Make.Parse(changed);
            Assert.Equal(AttributeResult.Malformed, Fingerprint.Check(in message));
        }
    }

    [Fact]
    public void A_FINGERPRINT_that_is_not_last_is_malformed()
    {
        byte[] bytes = Make.Message((ref StunMessageWriter writer) =>
        {
            Fingerprint.Write(ref writer);
            Fingerprint.Write(ref writer);
        });
        StunMessage message = Make.Parse(bytes);

        Assert.Equal(AttributeResult.Malformed, Fingerprint.Check(in message));
    }

    [Fact]
    public void A_FINGERPRINT_that_is_not_last_is_malformed_even_if_made_for_the_whole_length()
    {
        byte[] bytes = Make.Raw(0, (0x8028, new byte[4]), (0x000D, [0, 0, 0, 1]));
        uint value = SlowCrc32.Compute(bytes.AsSpan(0, 20)) ^ 0x5354554E;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(24), value);
        StunMessage message = Make.Parse(bytes);

        Assert.Equal(AttributeResult.Malformed, Fingerprint.Check(in message));
    }

    [Fact]
    public void A_FINGERPRINT_of_another_length_is_malformed()
    {
        foreach (int length in (int[])[0, 1, 3, 5, 8])
        {
            StunMessage message = Make.Parse(Make.Raw(StunAttributeType.Fingerprint, new byte[length]));
            Assert.Equal(AttributeResult.Malformed, Fingerprint.Check(in message));
        }
    }

    [Fact]
    public void A_message_without_FINGERPRINT_is_neither_right_nor_wrong()
    {
        StunMessage message = Make.Parse(Make.Raw(0, (0x000D, [0, 0, 0, 1])));

        Assert.Equal(AttributeResult.Absent, Fingerprint.Check(in message));
    }
}
