using System.Security.Cryptography;
using System.Text;
using Turnpike.Edge.Options;
using Turnpike.Server;
using Turnpike.ServiceDefaults.Settings;

namespace Turnpike.Edge.Tests.Host;

public sealed class CredentialSettingsTests
{
    [Fact]
    public void A_user_is_kept_as_the_two_keys_of_rfc_8489_section_9_2_2()
    {
        StaticUser user = Assert.Single(Reading.Good(("Edge:Realm", "example.org"), ("Edge:Users:0", "alice:pass:word")).Users);
        byte[] input = Encoding.UTF8.GetBytes("alice:example.org:pass:word");
        Assert.Equal("alice", user.Username);
        Assert.Equal(MD5.HashData(input), user.Md5Key);
        Assert.Equal(SHA256.HashData(input), user.Sha256Key);
    }

    [Fact]
    public void User_and_password_are_prepared_as_opaque_strings()
    {
        // U+2168 stays, U+00A0 becomes a space, e + U+0301 is composed.
        StaticUser user = Assert.Single(Reading.Good(("Edge:Users:0", "e\u0301ve:a\u00A0b")).Users);
        Assert.Equal("\u00E9ve", user.Username);
        Assert.Equal(MD5.HashData(Encoding.UTF8.GetBytes("\u00E9ve:turnpike:a b")), user.Md5Key);
    }

    [Theory]
    [InlineData("alice", "no colon")]
    [InlineData(":hunter2", "the user is empty")]
    [InlineData("alice:", "the password is empty")]
    [InlineData("alice:hunt\u0007er2", "the password is empty or has characters")]
    public void A_user_that_cannot_log_in_is_refused_without_showing_the_password(string text, string why)
    {
        string problem = Assert.Single(Reading.Bad(("Edge:Users:0", text)));
        Assert.StartsWith("Edge:Users:0: " + why, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("hunt", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_user_twice_is_refused()
    {
        string problem = Assert.Single(Reading.Bad(("Edge:Users:0", "\u00E9ve:hunter2"), ("Edge:Users:3", "e\u0301ve:hunter3")));
        Assert.StartsWith("Edge:Users:3: the same user as an earlier one", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    public void An_empty_secret_is_refused(string secret) =>
        Assert.StartsWith("Edge:Secrets:0: empty", Assert.Single(Reading.Bad(("Edge:Secrets:0", secret))), StringComparison.Ordinal);

    [Fact]
    public void A_short_secret_is_a_warning_and_16_characters_are_not()
    {
        EdgeSettings settings = Reading.Good(("Edge:Secrets:0", "0123456789abcdef"), ("Edge:Secrets:1", "0123456789abcde"));
        string warning = Assert.Single(settings.Warnings);
        Assert.StartsWith("Edge:Secrets:1: shorter than 16", warning, StringComparison.Ordinal);
        Assert.DoesNotContain("0123", warning, StringComparison.Ordinal);
        Assert.Equal(["0123456789abcdef"u8.ToArray(), "0123456789abcde"u8.ToArray()], settings.Secrets);
    }

    [Fact]
    public void No_credential_at_all_is_an_error_that_says_how_to_set_one()
    {
        SettingsReading reading = Reading.Bind();
        Assert.Null(EdgeSettingsReader.Read(reading));
        string problem = Assert.Single(reading.Problems);
        Assert.Contains("Edge__Secrets__0", problem, StringComparison.Ordinal);
        Assert.Contains("Edge__Users__0", problem, StringComparison.Ordinal);
        Assert.Contains("Edge__Trial=true", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void No_message_about_a_secret_setting_shows_its_value()
    {
        const string Value = "hunter2-hunter2";
        foreach (Setting setting in EdgeSettings.Catalog.Settings.Where(setting => setting.Secret))
        {
            Assert.DoesNotContain(Value, setting.Problem(Value, "wrong"), StringComparison.Ordinal);
            foreach (string key in new[] { setting.Key, setting.Key + ":x", setting.Key + ":0:1", setting.Key[..^1] + ":0" })
            {
                // No setting takes it: neither a store nor a list has this form.
                SettingsReading reading = Reading.Bind((key, $"{Value}=1"));
                Assert.Null(EdgeSettingsReader.Read(reading));
                Assert.NotEmpty(reading.Problems);
                Assert.All(reading.Problems, problem => Assert.DoesNotContain(Value, problem, StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void Settings_print_neither_secret_nor_key()
    {
        EdgeSettings settings = Reading.Good(("Edge:Users:0", "alice:hunter2"));
        Assert.Equal("EdgeSettings", settings.ToString());
    }
}
