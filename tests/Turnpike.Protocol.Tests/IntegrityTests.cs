using CsCheck;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Protocol.Tests;

public class IntegrityTests
{
    private static readonly byte[] Key = "a key"u8.ToArray();

    [Fact]
    public void What_was_written_verifies_with_the_key_and_with_no_other()
        => Gen.Select(Gen.Byte.Array[1, 64], Gen.Byte.Array[0, 100], Gen.Bool).Sample((key, payload, fingerprint) =>
        {
            StunMessage message = Make.Parse(Both(key, payload, 32, fingerprint));
            byte[] other = [.. key, 1];
            return MessageIntegrity.Verify(in message, key) && MessageIntegritySha256.Verify(in message, key)
                && !MessageIntegrity.Verify(in message, other) && !MessageIntegritySha256.Verify(in message, other);
        });

    [Fact]
    public void Any_changed_bit_that_is_covered_breaks_both_integrities()
    {
        byte[] original = Both(Key, "payload"u8.ToArray(), 32, fingerprint: true);
        int integrity = original.Length - 8 - 36 - 24;
        for (int index = 0; index < integrity; index++)
        {
            byte[] changed = [.. original];
            changed[index] ^= 0x01;
            if (StunMessage.TryParse(changed, out StunMessage message) == StunParseResult.Ok)
            {
                Assert.False(MessageIntegrity.Verify(in message, Key));
                Assert.False(MessageIntegritySha256.Verify(in message, Key));
                Assert.Equal(AttributeResult.Malformed, Fingerprint.Check(in message));
            }
        }
    }

    [Theory]
    [InlineData(16)]
    [InlineData(20)]
    [InlineData(24)]
    [InlineData(28)]
    [InlineData(32)]
    public void MESSAGE_INTEGRITY_SHA256_verifies_at_every_truncation_of_section_14_6(int length)
    {
        byte[] bytes = Both(Key, "payload"u8.ToArray(), length, fingerprint: false);
        StunMessage message = Make.Parse(bytes);

        Assert.True(message.TryGet(StunAttributeType.MessageIntegritySha256, out ReadOnlySpan<byte> value));
        Assert.Equal(length, value.Length);
        Assert.True(MessageIntegritySha256.Verify(in message, Key));
        bytes[^1] ^= 1;
        Assert.False(MessageIntegritySha256.Verify(in message, Key));
    }

    [Fact]
    public void MESSAGE_INTEGRITY_SHA256_of_any_other_length_is_refused_even_with_the_right_bytes()
    {
        for (int length = 0; length <= 40; length++)
        {
            bool allowed = length is 16 or 20 or 24 or 28 or 32;
            byte[] bytes = Make.Message((ref StunMessageWriter writer) => writer.Reserve(StunAttributeType.MessageIntegritySha256, length));
            byte[] mac = System.Security.Cryptography.HMACSHA256.HashData(Key, bytes.AsSpan(0, 20));
            mac.AsSpan(0, Math.Min(length, mac.Length)).CopyTo(bytes.AsSpan(24));
            StunMessage message = Make.Parse(bytes);
            Assert.Equal(allowed, MessageIntegritySha256.Verify(in message, Key));
            if (!allowed)
            {
                Assert.Throws<ArgumentOutOfRangeException>(() =>
                    Make.Message((ref StunMessageWriter writer) => MessageIntegritySha256.Write(ref writer, Key, length)));
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    [InlineData(19)]
    [InlineData(21)]
    public void MESSAGE_INTEGRITY_of_another_length_than_20_is_refused(int length)
    {
        StunMessage message = Make.Parse(Make.Raw(StunAttributeType.MessageIntegrity, new byte[length]));

        Assert.False(MessageIntegrity.Verify(in message, Key));
    }

    [Fact]
    public void A_message_without_integrity_does_not_verify()
    {
        StunMessage message = Make.Parse(Make.Raw(0));

        Assert.False(MessageIntegrity.Verify(in message, Key));
        Assert.False(MessageIntegritySha256.Verify(in message, Key));
    }

    [Fact]
    public void A_message_longer_than_the_stack_buffer_verifies_too()
    {
        StunMessage message = Make.Parse(Both(Key, new byte[30_000], 16, fingerprint: true));

        Assert.True(MessageIntegrity.Verify(in message, Key));
        Assert.True(MessageIntegritySha256.Verify(in message, Key));
        Assert.Equal(AttributeResult.Ok, Fingerprint.Check(in message));
    }

    [Fact]
    public void What_is_appended_behind_the_integrity_changes_nothing()
    {
        byte[] bytes = Make.Message((ref StunMessageWriter writer) =>
        {
            MessageIntegrity.Write(ref writer, Key);
            Lifetime.Write(ref writer, 9);
        });
        StunMessage message = Make.Parse(bytes);

        Assert.True(MessageIntegrity.Verify(in message, Key));
        Assert.Equal(AttributeResult.Absent, Lifetime.Read(in message, out _));
    }

    private static byte[] Both(byte[] key, byte[] payload, int length, bool fingerprint)
        => Make.Message((ref StunMessageWriter writer) =>
        {
            Attributes.Data.Write(ref writer, payload);
            MessageIntegrity.Write(ref writer, key);
            MessageIntegritySha256.Write(ref writer, key, length);
            if (fingerprint)
            {
                Fingerprint.Write(ref writer);
            }
        });
}
