using System.Security.Cryptography;
using System.Text;
using CsCheck;

namespace Turnpike.Protocol.Tests;

public class HmacTests
{
    private static readonly string LongKeyMessage = "Test Using Larger Than Block-Size Key - Hash Key First";

    [Theory] // RFC 2202 section 3: cases 1, 2, 6
    [InlineData("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00")]
    [InlineData("4a656665", "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")]
    [InlineData("", null, "aa4ae5e15272d00e95705637ce8a3b55ed402112")]
    public void HMAC_SHA1_is_that_of_RFC_2202(string key, string? message, string code)
    {
        byte[] made = new byte[HmacSha1.Length];
        new HmacSha1(KeyOf(key, 80)).Compute(Encoding.ASCII.GetBytes(message ?? LongKeyMessage), made);
        Assert.Equal(code, Convert.ToHexStringLower(made));
    }

    [Theory] // RFC 4231 section 4: cases 1, 2, 6
    [InlineData("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")]
    [InlineData("4a656665", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")]
    [InlineData("", null, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")]
    public void HMAC_SHA256_is_that_of_RFC_4231(string key, string? message, string code)
    {
        byte[] made = new byte[HmacSha256.Length];
        new HmacSha256(KeyOf(key, 131)).Compute(Encoding.ASCII.GetBytes(message ?? LongKeyMessage), made);
        Assert.Equal(code, Convert.ToHexStringLower(made));
    }

    [Fact]
    public void Of_every_length_around_the_blocks_it_is_what_the_framework_makes()
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(400);
        for (int length = 0; length <= 260; length++)
        {
            AssertSame(bytes[^(length % 140)..], bytes[..length]);
        }
    }

    [Fact]
    public void Of_anything_it_is_what_the_framework_makes() =>
        Gen.Select(Gen.Byte.Array[0, 200], Gen.Byte.Array[0, 2000]).Sample(AssertSame);

    [Theory] // the header is hashed apart from the rest of the message
    [InlineData(0)]
    [InlineData(500)]
    [InlineData(60_000)]
    public void An_integrity_of_any_message_is_what_the_framework_makes(int more)
    {
        byte[] key = RandomNumberGenerator.GetBytes(16);
        for (int length = more; length < more + 140; length += 4)
        {
            byte[] buffer = new byte[length + 100];
            var writer = new StunMessageWriter(buffer, StunClass.Request, StunMethod.Allocate, TransactionId.From(buffer));
            RandomNumberGenerator.Fill(writer.Reserve(StunAttributeType.Data, length));
            MessageIntegrity.Write(ref writer, key);
            ReadOnlySpan<byte> message = writer.Finish();
            Assert.Equal(HMACSHA1.HashData(key, message[..^24]), message[^20..]);
        }
    }

    private static void AssertSame(byte[] key, byte[] message)
    {
        byte[] code = new byte[HmacSha256.Length];
        new HmacSha256(key).Compute(message, code);
        Assert.Equal(HMACSHA256.HashData(key, message), code);
        new HmacSha1(key).Compute(message, code);
        Assert.Equal(HMACSHA1.HashData(key, message), code[..HmacSha1.Length]);
    }

    private static byte[] KeyOf(string hexadecimal, int length)
    {
        byte[] key = new byte[length];
        Array.Fill(key, (byte)0xaa);
        return hexadecimal.Length == 0 ? key : Convert.FromHexString(hexadecimal);
    }
}
