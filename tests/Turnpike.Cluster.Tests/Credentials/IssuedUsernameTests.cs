using System.Security.Cryptography;
using System.Text;
using CsCheck;

namespace Turnpike.Cluster.Tests;

public sealed class IssuedUsernameTests
{
    private static readonly Gen<string> Text = Gen.String[Gen.OneOf(Gen.Char[' ', '~'], Gen.Char['\0', '\x1f'], Gen.Char['\u0080', '\ud7ff']), 0, 12];

    private static readonly Gen<IssuedUsername> Names =
        from expiresAt in Gen.Long[0, 99_999_999_999]
        from keyId in Gen.String[Gen.Char.AlphaNumeric, 1, 16]
        from issuedAt in Gen.Long[0, 99_999_999_999]
        from realm in Text
        from user in Text
        from tag in Text
        select new IssuedUsername(expiresAt, keyId, issuedAt, realm, user, tag);

    [Fact]
    public void A_name_is_read_as_it_was_written()
    {
        Names.Sample(name =>
        {
            byte[] bytes = Encoding.UTF8.GetBytes(name.Format(':'));
            return bytes.Length > IssuedUsername.LongestUsername
                ? !IssuedUsername.TryParse(bytes, ':', out _)
                : IssuedUsername.TryParse(bytes, ':', out IssuedUsername? read) && read == name;
        });
    }

    [Fact]
    public void A_name_is_printable_ASCII_whatever_is_in_it() =>
        Names.Sample(name => name.Format(':').All(c => c is >= ' ' and <= '~'));

    [Fact]
    public void Hostile_bytes_never_throw()
    {
        Gen.Byte.Array[0, 600].Sample(bytes => { IssuedUsername.TryParse(bytes, ':', out _); });
        Gen.Select(Names, Gen.Int[0, 100], Gen.Byte).Sample((name, at, replaced) =>
        {
            byte[] bytes = Encoding.UTF8.GetBytes(name.Format(':'));
            bytes[at % bytes.Length] = replaced;
            if (IssuedUsername.TryParse(bytes, ':', out IssuedUsername? read))
            {
                Assert.Equal(Encoding.Latin1.GetString(bytes), read.Format(':'));
            }
        });
    }

    [Theory]
    [InlineData("1700000000:alice")]
    [InlineData("1700000000:~k1~abc~acme~alice")]
    [InlineData("1700000000:~k1~abc~acme~alice~tag~more")]
    [InlineData("01700000000:~k1~abc~acme~alice~tag")]
    [InlineData("1700000000:~k1~0abc~acme~alice~tag")]
    [InlineData("1700000000:~k1~ABC~acme~alice~tag")]
    [InlineData("1700000000:~k-1~abc~acme~alice~tag")]
    [InlineData("1700000000:~k1~abc~acme~%61lice~tag")]
    [InlineData("1700000000:~k1~abc~acme~alice~%7")]
    [InlineData("1700000000:~k1~abc~acme~alice~%FF")]
    [InlineData("1700000000:~k1~abc~acme~alice~%7e")]
    [InlineData("-1:~k1~abc~acme~alice~tag")]
    [InlineData("9999999999999999999:~k1~abc~acme~alice~tag")]
    [InlineData(":~k1~abc~acme~alice~tag")]
    public void What_Format_does_not_write_is_not_read(string name) =>
        Assert.False(IssuedUsername.TryParse(Encoding.UTF8.GetBytes(name), ':', out _));

    [Fact]
    public void The_separator_is_the_operators_choice()
    {
        IssuedUsername name = new(1_700_000_000, "k1", 1_600_000_000, "acme", "alice:7", "tag");
        Assert.StartsWith("1700000000;~k1~", name.Format(';'), StringComparison.Ordinal);
        Assert.True(IssuedUsername.TryParse(Encoding.UTF8.GetBytes(name.Format(';')), ';', out IssuedUsername? read));
        Assert.Equal(name, read);
        Assert.False(IssuedUsername.TryParse(Encoding.UTF8.GetBytes(name.Format(';')), ':', out _));
    }

    [Fact]
    public void A_credential_is_issued_with_the_newest_secret_and_verifies_by_TURN_REST()
    {
        RealmRecord realm = Make.Realm("acme") with { Secrets = [new("old", [1], 0, long.MaxValue), new("new", [2], 50, long.MaxValue)] };
        (string username, string password) = IssuedCredential.Issue(realm, "alice", "gold", TimeSpan.FromSeconds(600), 100, ':');
        Assert.True(IssuedUsername.TryParse(Encoding.UTF8.GetBytes(username), ':', out IssuedUsername? name));
        Assert.Equal(new IssuedUsername(700, "new", 100, "acme", "alice", "gold"), name);
        Assert.Equal(Convert.ToBase64String(HMACSHA1.HashData((byte[])[2], Encoding.UTF8.GetBytes(username))), password);
    }

    [Fact]
    public void A_credential_lives_no_longer_than_the_policy_allows_or_its_secret_lives()
    {
        RealmRecord realm = Make.Realm("acme") with
        {
            Secrets = [new("k1", [1], 0, 1000)],
            Policy = new RealmPolicy { MaxCredentialLifetime = 300 },
        };
        Assert.StartsWith("400:", Name(realm, 100), StringComparison.Ordinal);
        Assert.StartsWith("1000:", Name(realm, 900), StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => Name(realm, 1000));
    }

    [Fact]
    public void A_user_that_does_not_fit_a_USERNAME_is_refused()
    {
        RealmRecord realm = Make.Realm("acme", "k1");
        Assert.Throws<ArgumentException>(() => IssuedCredential.Issue(realm, new string('a', 500), "", TimeSpan.FromSeconds(1), 100, ':'));
        Assert.Throws<ArgumentException>(() => IssuedCredential.Issue(realm, "", "", TimeSpan.FromSeconds(1), 100, ':'));
    }

    private static string Name(RealmRecord realm, long now) => IssuedCredential.Issue(realm, "alice", "", TimeSpan.FromHours(1), now, ':').Username;
}
