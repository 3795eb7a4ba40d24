namespace Turnpike.Protocol.Tests;

public class OpaqueStringTests
{
    // RFC 8265 §4.3, table 4: strings that conform, with what they become.
    [Theory]
    [InlineData("correct horse battery staple", "correct horse battery staple")]
    [InlineData("Correct Horse Battery Staple", "Correct Horse Battery Staple")]
    [InlineData("\u03C0\u00DF\u00E5", "\u03C0\u00DF\u00E5")]
    [InlineData("Jack of \u2666s", "Jack of \u2666s")]
    [InlineData("foo\u1680bar", "foo bar")]
    public void The_conforming_examples_of_RFC_8265_are_prepared(string text, string expected)
    {
        Assert.True(OpaqueString.TryPrepare(text, out string prepared));
        Assert.Equal(expected, prepared);
    }

    // RFC 8265 §4.3, table 5.
    [Theory]
    [InlineData("")]
    [InlineData("my cat is a \u0009by")]
    public void The_violating_examples_of_RFC_8265_are_refused(string text)
    {
        Assert.False(OpaqueString.TryPrepare(text, out string prepared));
        Assert.Equal(string.Empty, prepared);
    }

    [Theory]
    [InlineData("\u00A0", " ")]
    [InlineData("a\u3000b", "a b")]
    [InlineData("cafe\u0301", "caf\u00E9")]
    [InlineData("\u212B", "\u00C5")]
    [InlineData("\u2126", "\u03A9")]
    [InlineData("\uFF21", "\uFF21")]
    [InlineData("M\u00AAtr\u2168", "M\u00AAtr\u2168")]
    [InlineData("\U0001F511\U0001F40E", "\U0001F511\U0001F40E")]
    public void Spaces_become_ASCII_and_text_NFC_while_case_and_width_stay(string text, string expected)
    {
        Assert.True(OpaqueString.TryPrepare(text, out string prepared));
        Assert.Equal(expected, prepared);
    }

    [Theory]
    [InlineData("a\u0000")]
    [InlineData("a\u007F")]
    [InlineData("a\u0085")]
    [InlineData("The\u00ADM")]
    [InlineData("a\u200Bb")]
    [InlineData("a\u2028b")]
    [InlineData("\uFEFFa")]
    [InlineData("\uE000")]
    [InlineData("\uFFFE")]
    [InlineData("\u0378")]
    [InlineData("a\u034F")]
    [InlineData("\u3164")]
    [InlineData("\uFFA0")]
    [InlineData("\u2764\uFE0F")]
    [InlineData("\u1112\u1161")]
    [InlineData("\u0640")]
    [InlineData("\U000E0001")]
    public void Controls_ignorable_unassigned_and_private_code_points_are_refused(string text)
        => Assert.False(OpaqueString.TryPrepare(text, out _));

    // Not as theory data: attributes keep their strings in UTF-8, which has no lone surrogates.
    [Fact]
    public void Lone_surrogates_are_refused()
    {
        string[] texts = ["\uD800", "a\uDC00b", "\uDC00\uD800", "ab\uD83D"];
        Assert.All(texts, text => Assert.False(OpaqueString.TryPrepare(text, out _)));
    }

    [Theory]
    [InlineData("l\u00B7l", true)]
    [InlineData("a\u00B7l", false)]
    [InlineData("\u00B7", false)]
    [InlineData("l\u00B7", false)]
    [InlineData("l\u0387l", true)]
    [InlineData("a\u0387b", false)]
    [InlineData("\u0915\u094D\u200D\u0937", true)]
    [InlineData("\u0915\u094D\u200C\u0937", true)]
    [InlineData("a\u200Db", false)]
    [InlineData("\u200C", false)]
    [InlineData("\u0375\u03B1", true)]
    [InlineData("\u0375a", false)]
    [InlineData("\u05D0\u05F3", true)]
    [InlineData("a\u05F4", false)]
    [InlineData("\u30C8\u30FB\u30EA", true)]
    [InlineData("a\u30FBb", false)]
    [InlineData("\u0661\u0662", true)]
    [InlineData("\u06F1\u06F2", true)]
    [InlineData("\u0661\u06F2", false)]
    public void The_contextual_rules_of_RFC_5892_appendix_A_hold(string text, bool allowed)
        => Assert.Equal(allowed, OpaqueString.TryPrepare(text, out _));

    [Fact]
    public void Every_printable_ASCII_character_is_kept_and_every_other_refused()
    {
        for (int c = 0; c < 0x80; c++)
        {
            string text = new((char)c, 3);
            Assert.Equal(c is >= 0x20 and <= 0x7E, OpaqueString.TryPrepare(text, out string prepared));
            Assert.Equal(c is >= 0x20 and <= 0x7E ? text : string.Empty, prepared);
        }
    }

    [Fact]
    public void The_username_of_the_vectors_is_unaffected()
    {
        Assert.True(OpaqueString.TryPrepare(Vectors.LongTermUsername, out string prepared));
        Assert.Equal(Vectors.LongTermUsername, prepared);
    }
}
