using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Scenarios;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Tests;

public sealed class RelayOptionsTests
{
    private static RelayOptions From(params string[] arguments) =>
        RelayOptions.From(ParsedOptions.Parse(RelayOptions.Known, arguments), TimeProvider.System);

    [Fact]
    public void Server_and_secret_are_enough()
    {
        RelayOptions options = From("--server", "127.0.0.1:3478", "--secret", "s3cret");
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:3478"), options.Server);
        Assert.Equal((100, 160, 10_000, Direction.Both), (options.Allocations, options.PayloadBytes, options.Rate, options.Direction));
        Assert.EndsWith(":loadtest", Encoding.UTF8.GetString(options.Credential.Username), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(":loadtest", "s", null)]
    [InlineData("alice", null, "p", "--user", "alice")]
    [InlineData("bob", "s", "p", "--user", "bob", "--password", "q")] // the command line goes first
    public void Secrets_may_stand_in_the_environment(string user, string? secret, string? password, params string[] arguments)
    {
        ParsedOptions given = ParsedOptions.Parse(RelayOptions.Known, ["--server", "127.0.0.1:3478", .. arguments]);
        SecretVariables.Supply(given, name => name == "TURNPIKE_SECRET" ? secret : name == "TURNPIKE_PASSWORD" ? password : null);
        Assert.EndsWith(user, Encoding.UTF8.GetString(RelayOptions.From(given, TimeProvider.System).Credential.Username), StringComparison.Ordinal);
    }

    [Fact]
    public void An_IPv6_server_is_written_in_brackets()
    {
        Assert.Equal(IPEndPoint.Parse("[::1]:3478"), From("--server", "[::1]:3478", "--user", "u", "--password", "p").Server);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.0.0.1:65536")]
    [InlineData(":3478")]
    [InlineData("::1")]
    public void A_server_without_host_or_port_is_refused(string server)
    {
        Assert.Throws<UsageException>(() => From("--server", server, "--secret", "s3cret"));
    }

    [Theory]
    [InlineData("1700000000:alice", 1_700_000_000 - 11, true)]
    [InlineData("1700000000:alice", 1_700_000_000 - 10, false)] // warm-up and measured time are eleven seconds
    [InlineData("17:alice", 1_700_000_000, true)] // a name
    [InlineData("alice", 1_700_000_000, true)]
    public void A_user_name_that_says_when_it_ends_outlasts_the_run(string user, long now, bool isTaken)
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(now));
        ParsedOptions given = ParsedOptions.Parse(RelayOptions.Known, ["--server", "127.0.0.1:3478", "--user", user, "--password", "p"]);
        if (isTaken)
        {
            Assert.Equal(user, Encoding.UTF8.GetString(RelayOptions.From(given, time).Credential.Username));
            return;
        }

        Assert.Contains(
            "ends at 2023-11-14 22:13:20 UTC, before the run at 2023-11-14 22:13:21", Assert.Throws<UsageException>(() => RelayOptions.From(given, time)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("--user", "u")]
    [InlineData("--password", "p")]
    [InlineData("--user", "u", "--password", "p", "--secret", "s")]
    [InlineData("--user", "u", "--password", "")]
    public void Half_a_credential_or_two_are_refused(params string[] credential)
    {
        Assert.Throws<UsageException>(() => From(["--server", "127.0.0.1:3478", .. credential]));
    }

    [Theory]
    [InlineData("--size", "23")]
    [InlineData("--allocations", "0")]
    [InlineData("--rate", "0")]
    [InlineData("--direction", "sideways")]
    [InlineData("--peer-address", "localhost")]
    public void A_value_that_cannot_be_run_is_refused(string option, string value)
    {
        Assert.Throws<UsageException>(() => From("--server", "127.0.0.1:3478", "--secret", "s3cret", option, value));
    }

    [Fact]
    public void A_secret_makes_the_credential_of_the_TURN_REST_draft()
    {
        // HMAC-SHA1("secret", "1700000000:alice"), computed with openssl dgst -sha1 -hmac.
        TurnCredential made = TurnCredential.FromSecret("secret", "alice", DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));
        var expected = new TurnCredential("1700000000:alice", "d8soP47RbdIKLDUOpnJPVQyq5Ts=");
        byte[] madeKey = new byte[16];
        byte[] expectedKey = new byte[16];
        made.DeriveKey("realm"u8, madeKey);
        expected.DeriveKey("realm"u8, expectedKey);
        Assert.Equal("1700000000:alice", Encoding.UTF8.GetString(made.Username));
        Assert.Equal(expectedKey, madeKey);
    }
}
