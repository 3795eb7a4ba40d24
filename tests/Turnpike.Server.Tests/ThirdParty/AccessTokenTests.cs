using System.Security.Cryptography;
using System.Text;
using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>RFC 7635 section 6.2: which tokens are opened, and what becomes of the others.</summary>
public class AccessTokenTests
{
    private const long Now = 1_700_000_000;
    private static readonly ThirdPartyPolicy Policy = new(TokenKit.ServerName, [TokenKit.North, TokenKit.South]);
    private static readonly byte[] MacKey = Encoding.ASCII.GetBytes("ZksjpweoixXmvn67534m");

    // turnutils_oauth of coturn 4.6.1: -e -i turn.example.com -j north -k (TokenKit.North) -p (MacKey) -q 1700000000<<16 -r 3600
    // -o base64("h4j3k2g4hf2d"), with -n A256GCM; coturn takes the first bytes of its key, as many as the algorithm needs.
    private const string CoturnA256 = "AAxoNGozazJnNGhmMmTWzbb2F982R7ZMk6Z/YNYBqKa0wf+pEBC47RhbmlpXfn/7lX65upGyhiE9WcyadTCCKA==";

    // The same with -n A128GCM.
    private const string CoturnA128 = "AAxoNGozazJnNGhmMmRkJIMpBY9nulyHDCtXynEZMf2RUfZhPXIX6e3ZCdccJxXwYteZAxhx9nEMEXCJ0rOGwg==";

    [Theory]
    [InlineData(CoturnA256, 32)]
    [InlineData(CoturnA128, 16)]
    public void A_token_made_by_coturn_is_opened(string token, int keyLength)
    {
        var policy = new ThirdPartyPolicy(TokenKit.ServerName, [new AccessTokenKey("north", TokenKit.North.Key[..keyLength])]);
        Credential? credential = SealedAccessToken.Open(policy, "north"u8, Convert.FromBase64String(token), PasswordAlgorithmId.Md5, Now);
        Assert.NotNull(credential);
        Assert.Equal([MacKey, MacKey[..16]], credential.Keys.Select(key => key.Key));
        Assert.Equal(Now + 3600, credential.ExpiresAt);
        Assert.Equal("north"u8.ToArray(), credential.Username);
    }

    [Fact]
    public void A_key_of_16_bytes_is_AES_128_and_one_of_32_is_AES_256()
    {
        Assert.NotNull(Open("north", TokenKit.Token(TokenKit.North, MacKey, Now)));
        Assert.NotNull(Open("south", TokenKit.Token(TokenKit.South, MacKey, Now)));
    }

    [Fact]
    public void The_key_id_chooses_the_key_and_an_unknown_one_chooses_none()
    {
        byte[] token = TokenKit.Token(TokenKit.North, MacKey, Now);
        Assert.Null(Open("south", token));
        Assert.Null(Open("west", token));
        Assert.Null(Open("", token));
    }

    [Fact]
    public void A_token_for_another_server_name_is_refused() =>
        Assert.Null(Open("north", TokenKit.Token(TokenKit.North, MacKey, Now, serverName: "turn.example.org")));

    [Fact]
    public void Every_changed_bit_of_a_token_refuses_it()
    {
        byte[] token = TokenKit.Token(TokenKit.North, MacKey, Now);
        for (int bit = 0; bit < token.Length * 8; bit++)
        {
            byte[] forged = [.. token];
            forged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(Open("north", forged));
        }

        Assert.NotNull(Open("north", token));
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(11, 100)]
    [InlineData(13, 100)]
    [InlineData(256, 1024)]
    [InlineData(0xFFFF, 100)]
    [InlineData(0xFFFF, 60_000)]
    [InlineData(12, 0)]
    [InlineData(12, 1)]
    public void Lengths_are_judged_before_anything_is_decrypted_CVE_2026_43994(int nonceLength, int rest)
    {
        byte[] token = new byte[2 + rest];
        (token[0], token[1]) = ((byte)(nonceLength >> 8), (byte)nonceLength);
        Assert.Null(Open("north", token));
        for (int length = 0; length < Math.Min(token.Length, 130); length++)
        {
            Assert.Null(Open("north", token[..length]));
        }
    }

    [Theory]
    [InlineData(19, false)]
    [InlineData(20, true)]
    [InlineData(32, true)]
    [InlineData(64, true)]
    [InlineData(65, false)]
    [InlineData(900, false)]
    public void A_session_key_has_20_to_64_bytes(int length, bool opened) =>
        Assert.Equal(opened, Open("north", TokenKit.Token(TokenKit.North, RandomNumberGenerator.GetBytes(length), Now)) is not null);

    [Theory]
    [InlineData(0)]
    [InlineData(19)]
    [InlineData(21)]
    [InlineData(0xFFFF)]
    public void A_key_length_inside_that_does_not_fit_the_token_refuses_it(int claimed) =>
        Assert.Null(Open("north", TokenKit.Token(TokenKit.North, MacKey, Now, claimedKeyLength: claimed)));

    [Theory]
    [InlineData(0, true)]
    [InlineData(-3604, true)]
    [InlineData(-3605, false)]
    [InlineData(3604, true)]
    [InlineData(3605, false)]
    public void A_token_is_good_within_its_lifetime_and_five_seconds(long timestamp, bool opened) =>
        Assert.Equal(opened, Open("north", TokenKit.Token(TokenKit.North, MacKey, Now + timestamp)) is not null);

    [Fact]
    public void The_longest_lifetime_and_the_latest_time_overflow_nothing()
    {
        Assert.NotNull(Open("north", TokenKit.Token(TokenKit.North, MacKey, Now, uint.MaxValue)));
        Assert.Null(Open("north", TokenKit.Token(TokenKit.North, MacKey, (1L << 47) - 1, uint.MaxValue)));
        Assert.Null(Open("north", TokenKit.Token(TokenKit.North, MacKey, -1, uint.MaxValue)));
    }

    [Fact]
    public void A_key_serves_in_its_time_only()
    {
        var key = new AccessTokenKey("north", TokenKit.North.Key, NotBefore: Now, NotAfter: Now + 10);
        var policy = new ThirdPartyPolicy(TokenKit.ServerName, [key]);
        byte[] token = TokenKit.Token(key, MacKey, Now);
        Assert.Null(SealedAccessToken.Open(policy, "north"u8, token, PasswordAlgorithmId.Md5, Now - 1));
        Assert.NotNull(SealedAccessToken.Open(policy, "north"u8, token, PasswordAlgorithmId.Md5, Now));
        Assert.NotNull(SealedAccessToken.Open(policy, "north"u8, token, PasswordAlgorithmId.Md5, Now + 9));
        Assert.Null(SealedAccessToken.Open(policy, "north"u8, token, PasswordAlgorithmId.Md5, Now + 10));
    }

    private static Credential? Open(string keyId, byte[] token) =>
        SealedAccessToken.Open(Policy, Encoding.UTF8.GetBytes(keyId), token, PasswordAlgorithmId.Md5, Now);
}
