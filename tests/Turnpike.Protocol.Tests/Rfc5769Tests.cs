using Turnpike.Protocol.Attributes;

namespace Turnpike.Protocol.Tests;

public class Rfc5769Tests
{
    [Fact]
    public void The_sample_request_of_section_2_1_reads_and_verifies()
    {
        StunMessage message = Make.Parse(Vectors.Request);

        Assert.Equal(StunClass.Request, message.Class);
        Assert.Equal(StunMethod.Binding, message.Method);
        Assert.Equal("b7e7a701bc34d686fa87dfae", message.TransactionId.ToString());
        Assert.Equal(AttributeResult.Ok, Software.Read(in message, out ReadOnlySpan<byte> software));
        Assert.Equal("STUN test client"u8, software);
        Assert.Equal(AttributeResult.Ok, Username.Read(in message, out ReadOnlySpan<byte> username));
        Assert.Equal("evtj:h6vY"u8, username);
        Assert.True(MessageIntegrity.Verify(in message, Vectors.ShortTermPassword));
        Assert.Equal(AttributeResult.Ok, Fingerprint.Check(in message));
    }

    [Fact]
    public void The_sample_IPv4_response_of_section_2_2_reads_and_verifies()
    {
        StunMessage message = Make.Parse(Vectors.ResponseIPv4);

        Assert.Equal(StunClass.SuccessResponse, message.Class);
        Assert.Equal(AttributeResult.Ok, XorMappedAddress.Read(in message, out TransportAddress mapped));
        Assert.Equal("192.0.2.1:32853", mapped.ToString());
        Assert.True(MessageIntegrity.Verify(in message, Vectors.ShortTermPassword));
        Assert.Equal(AttributeResult.Ok, Fingerprint.Check(in message));
    }

    [Fact]
    public void The_sample_IPv6_response_of_section_2_3_reads_and_verifies()
    {
        StunMessage message = Make.Parse(Vectors.ResponseIPv6);

        Assert.Equal(AttributeResult.Ok, XorMappedAddress.Read(in message, out TransportAddress mapped));
        Assert.Equal("[2001:db8:1234:5678:11:2233:4455:6677]:32853", mapped.ToString());
        Assert.True(MessageIntegrity.Verify(in message, Vectors.ShortTermPassword));
        Assert.Equal(AttributeResult.Ok, Fingerprint.Check(in message));
    }

    [Fact]
    public void The_sample_request_with_long_term_authentication_of_section_2_4_verifies()
    {
        StunMessage message = Make.Parse(Vectors.LongTermRequest);
        Username.Read(in message, out ReadOnlySpan<byte> username);
        Realm.Read(in message, out ReadOnlySpan<byte> realm);
        byte[] key = new byte[LongTermKey.Md5Length];
        LongTermKey.Md5(username, realm, Make.Utf8(Vectors.LongTermPassword), key);

        Assert.Equal(Make.Utf8(Vectors.LongTermUsername), username);
        Assert.Equal(AttributeResult.Ok, Nonce.Read(in message, out ReadOnlySpan<byte> nonce));
        Assert.Equal("f//499k954d6OL34oL9FSTvy64sA"u8, nonce);
        Assert.True(MessageIntegrity.Verify(in message, key));
        Assert.Equal(AttributeResult.Absent, Fingerprint.Check(in message));
    }

    [Fact]
    public void The_request_of_section_2_4_is_written_byte_for_byte()
    {
        byte[] key = new byte[LongTermKey.Md5Length];
        LongTermKey.Md5(Make.Utf8(Vectors.LongTermUsername), "example.org"u8, "TheMatrIX"u8, key);
        byte[] buffer = new byte[256];
        Array.Fill(buffer, (byte)0xA5);
        var id = TransactionId.From(Vectors.LongTermRequest.AsSpan(8));

        var writer = new StunMessageWriter(buffer, StunClass.Request, StunMethod.Binding, in id);
        Username.Write(ref writer, Make.Utf8(Vectors.LongTermUsername));
        Nonce.Write(ref writer, "f//499k954d6OL34oL9FSTvy64sA"u8);
        Realm.Write(ref writer, "example.org"u8);
        MessageIntegrity.Write(ref writer, key);

        Assert.Equal(Vectors.LongTermRequest, writer.Finish());
    }

    [Fact]
    public void The_IPv6_response_is_written_as_in_section_2_3_but_for_the_padding()
    {
        byte[] buffer = new byte[256];
        var id = TransactionId.From(Vectors.ResponseIPv6.AsSpan(8));
        Assert.True(TransportAddress.TryParse("[2001:db8:1234:5678:11:2233:4455:6677]:32853", out TransportAddress mapped));

        var writer = new StunMessageWriter(buffer, StunClass.SuccessResponse, StunMethod.Binding, in id);
        Software.Write(ref writer, "test vector"u8);
        XorMappedAddress.Write(ref writer, mapped);

        // The RFC pads with a space, Turnpike with zero; up to the integrity that is the only difference, next to the length.
        byte[] expected = Vectors.ResponseIPv6[..60];
        expected[35] = 0;
        expected[3] = 40;
        Assert.Equal(expected, writer.Finish());
    }

    [Fact]
    public void A_vector_with_one_bit_changed_does_not_verify()
    {
        byte[] changed = Vectors.Request;
        changed[27] ^= 1;
        StunMessage message = Make.Parse(changed);

        Assert.False(MessageIntegrity.Verify(in message, Vectors.ShortTermPassword));
        Assert.Equal(AttributeResult.Malformed, Fingerprint.Check(in message));
    }
}
