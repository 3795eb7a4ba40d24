using Turnpike.Protocol.Attributes;

namespace Turnpike.Protocol.Tests;

public class Rfc8489AppendixBTests
{
    private static readonly byte[] Key = MakeKey();

    [Fact]
    public void The_request_with_USERHASH_and_MESSAGE_INTEGRITY_SHA256_verifies()
    {
        StunMessage message = Make.Parse(Vectors.UserHashRequest);

        Assert.True(MessageIntegritySha256.Verify(in message, Key));
        Assert.False(MessageIntegrity.Verify(in message, Key));
        Assert.Equal(AttributeResult.Ok, PasswordAlgorithm.Read(in message, out PasswordAlgorithmId algorithm));
        Assert.Equal(PasswordAlgorithmId.Sha256, algorithm);
    }

    [Fact]
    public void USERHASH_is_the_SHA_256_of_username_and_realm()
    {
        StunMessage message = Make.Parse(Vectors.UserHashRequest);
        byte[] computed = new byte[UserHash.Length];
        UserHash.Compute(Make.Utf8(Vectors.LongTermUsername), "example.org"u8, computed);

        Assert.Equal(AttributeResult.Ok, UserHash.Read(in message, out ReadOnlySpan<byte> sent));
        Assert.Equal(computed, sent);
    }

    [Fact]
    public void The_request_is_written_byte_for_byte()
    {
        byte[] buffer = new byte[256];
        Array.Fill(buffer, (byte)0xA5);
        byte[] hash = new byte[UserHash.Length];
        UserHash.Compute(Make.Utf8(Vectors.LongTermUsername), "example.org"u8, hash);
        var id = TransactionId.From(Vectors.UserHashRequest.AsSpan(8));

        var writer = new StunMessageWriter(buffer, StunClass.Request, StunMethod.Binding, in id);
        UserHash.Write(ref writer, hash);
        Nonce.Write(ref writer, "obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA"u8);
        Realm.Write(ref writer, "example.org"u8);
        PasswordAlgorithm.Write(ref writer, PasswordAlgorithmId.Sha256);
        MessageIntegritySha256.Write(ref writer, Key);

        Assert.Equal(Vectors.UserHashRequest, writer.Finish());
    }

    [Fact]
    public void The_nonce_of_the_vector_is_a_cookie_whose_bits_stand_at_the_right_end()
    {
        // The vector says "AAAC", bit 22, where RFC 8489 §18.1 counts bit 0 from the left: none of the features named there.
        StunMessage message = Make.Parse(Vectors.UserHashRequest);
        Nonce.Read(in message, out ReadOnlySpan<byte> nonce);

        Assert.True(NonceCookie.TryRead(nonce, out StunSecurityFeatures features));
        Assert.Equal((StunSecurityFeatures)0x000002, features);
        Assert.False(features.HasFlag(StunSecurityFeatures.UsernameAnonymity));
    }

    private static byte[] MakeKey()
    {
        byte[] key = new byte[LongTermKey.Sha256Length];
        LongTermKey.Sha256(Make.Utf8(Vectors.LongTermUsername), "example.org"u8, "TheMatrIX"u8, key);
        return key;
    }
}
