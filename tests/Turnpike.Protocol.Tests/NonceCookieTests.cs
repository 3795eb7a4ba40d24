using CsCheck;

namespace Turnpike.Protocol.Tests;

public class NonceCookieTests
{
    [Theory]
    [InlineData(StunSecurityFeatures.None, "obMatJos2AAAA")]
    [InlineData(StunSecurityFeatures.PasswordAlgorithms, "obMatJos2gAAA")]
    [InlineData(StunSecurityFeatures.UsernameAnonymity, "obMatJos2QAAA")]
    [InlineData(StunSecurityFeatures.PasswordAlgorithms | StunSecurityFeatures.UsernameAnonymity, "obMatJos2wAAA")]
    public void Bit_0_of_the_features_is_the_leftmost(StunSecurityFeatures features, string cookie)
    {
        byte[] written = new byte[NonceCookie.Length];
        NonceCookie.Write(features, written);

        Assert.Equal(Make.Utf8(cookie), written);
        Assert.True(NonceCookie.TryRead(Make.Utf8(cookie + "rest"), out StunSecurityFeatures back));
        Assert.Equal(features, back);
    }

    [Fact]
    public void All_24_bits_come_back() => Gen.UInt[0, 0xFF_FFFF].Sample(bits =>
    {
        byte[] written = new byte[NonceCookie.Length];
        NonceCookie.Write((StunSecurityFeatures)bits, written);
        return NonceCookie.TryRead(written, out StunSecurityFeatures back) && (uint)back == bits;
    });

    [Theory]
    [InlineData("")]
    [InlineData("obMatJos2")]
    [InlineData("obMatJos2AAA")]
    [InlineData("obMatJos1AAAA")]
    [InlineData("ObMatJos2AAAA")]
    [InlineData("obMatJos2AA==")]
    [InlineData("obMatJos2A*AA")]
    [InlineData("obMatJos2AAA ")]
    [InlineData("f//499k954d6OL34oL9FSTvy64sA")]
    public void A_nonce_without_a_whole_cookie_has_no_features(string nonce)
    {
        Assert.False(NonceCookie.TryRead(Make.Utf8(nonce), out StunSecurityFeatures features));
        Assert.Equal(StunSecurityFeatures.None, features);
    }
}
