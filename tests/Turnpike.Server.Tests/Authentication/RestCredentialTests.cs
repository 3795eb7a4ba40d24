using System.Text;
using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>draft-uberti-behave-turn-rest-00.</summary>
public class RestCredentialTests
{
    private readonly TestServer _server = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_rest_credential_works_with_old_and_modern_clients(bool modern)
    {
        TestClient client = ClientOf(_server, _server.UnixSeconds + 100);
        Assert.True((modern ? client.Modern() : client).Allocate().IsSuccess().Authentic);
        Assert.Equal("carol", _server.Quota.LastUser);
    }

    [Fact]
    public void The_servers_own_password_function_agrees_with_the_draft()
    {
        (string username, string password) = Users.Rest(1_700_000_000, "carol");
        Assert.Equal(password, RestCredentials.Password(Users.RestSecret, Encoding.UTF8.GetBytes(username)));
        (_, string sha256) = Users.Rest(1_700_000_000, "carol", sha256: true);
        Assert.Equal(sha256, RestCredentials.Password(Users.RestSecret, Encoding.UTF8.GetBytes(username), sha256: true));
    }

    [Fact]
    public void Any_active_secret_verifies_which_lets_rotation_overlap()
    {
        (string username, string password) = Users.Rest(_server.UnixSeconds + 100, "carol", Users.OtherRestSecret);
        new TestClient(_server, username, password).Allocate().IsSuccess();
    }

    [Fact]
    public void A_secret_that_is_not_active_is_401()
    {
        (string username, string password) = Users.Rest(_server.UnixSeconds + 100, "carol", "another-secret"u8.ToArray());
        new TestClient(_server, username, password).Allocate().IsError(StunErrorCode.Unauthorized);
    }

    [Theory]
    [InlineData(0, 401)]
    [InlineData(-1, 401)]
    [InlineData(1, 0)]
    public void An_expired_credential_is_401(int seconds, int code) =>
        Assert.Equal(code, ClientOf(_server, _server.UnixSeconds + seconds).Allocate().Code);

    [Fact]
    public void A_credential_that_expires_during_the_allocation_cannot_refresh()
    {
        TestClient client = ClientOf(_server, _server.UnixSeconds + 100).Allocated();
        _server.Advance(99);
        client.Refresh().IsSuccess();
        _server.Advance(1);
        client.Refresh().IsError(StunErrorCode.Unauthorized);
    }

    [Fact]
    public void Static_and_rest_users_work_side_by_side()
    {
        ClientOf(_server, _server.UnixSeconds + 100).Allocated();
        new TestClient(_server, address: Addresses.Client.WithPort(40001)).Allocated();
        Assert.Equal(2, _server.Turn.AllocationCount);
    }

    [Fact]
    public void HMAC_SHA256_passwords_are_accepted_only_where_configured()
    {
        (string username, string password) = Users.Rest(_server.UnixSeconds + 100, "carol", sha256: true);
        new TestClient(_server, username, password).Allocate().IsError(StunErrorCode.Unauthorized);

        var server = new TestServer(new PolicyChoice
        {
            Credentials = new RestCredentials(Users.Realm, [Users.RestSecret], acceptSha256: true),
        });
        new TestClient(server, username, password).Allocate().IsSuccess();
        (username, password) = Users.Rest(server.UnixSeconds + 100, "carol");
        new TestClient(server, username, password, Addresses.Client.WithPort(40001)).Allocate().IsSuccess();
    }

    [Fact]
    public void The_separator_is_configurable()
    {
        var server = new TestServer(new PolicyChoice { Credentials = new RestCredentials(Users.Realm, [Users.RestSecret], '_') });
        string username = $"{server.UnixSeconds + 100}_carol";
        string password = RestCredentials.Password(Users.RestSecret, Encoding.UTF8.GetBytes(username));
        new TestClient(server, username, password).Allocate().IsSuccess();
        Assert.Equal("carol", server.Quota.LastUser);
        (username, password) = Users.Rest(server.UnixSeconds + 100, "carol");
        new TestClient(server, username, password, Addresses.Client.WithPort(40001)).Allocate().IsError(StunErrorCode.Unauthorized);
    }

    [Fact]
    public void An_expiry_alone_is_a_username_too()
    {
        string username = $"{_server.UnixSeconds + 100}";
        string password = RestCredentials.Password(Users.RestSecret, Encoding.UTF8.GetBytes(username));
        new TestClient(_server, username, password).Allocate().IsSuccess();
    }

    [Theory]
    [InlineData("carol")]
    [InlineData(":carol")]
    [InlineData("-5:carol")]
    [InlineData("+9999999999:carol")]
    [InlineData(" 9999999999:carol")]
    [InlineData("9999999999x:carol")]
    [InlineData("99999999999999999999999:carol")]
    [InlineData("9,999,999,999:carol")]
    [InlineData("9e12:carol")]
    public void A_username_without_an_expiry_in_front_is_401(string username)
    {
        string password = RestCredentials.Password(Users.RestSecret, Encoding.UTF8.GetBytes(username));
        new TestClient(_server, username, password).Allocate().IsError(StunErrorCode.Unauthorized);
    }

    [Fact]
    public void Without_a_secret_nobody_is_known()
    {
        var server = new TestServer(new PolicyChoice { Credentials = new RestCredentials(Users.Realm, []) });
        ClientOf(server, server.UnixSeconds + 100).Allocate().IsError(StunErrorCode.Unauthorized);
    }

    [Fact]
    public void A_retired_secret_stops_new_clients()
    {
        var server = new TestServer(new PolicyChoice { Credentials = new RestCredentials(Users.Realm, [Users.RestSecret]) });
        ClientOf(server, server.UnixSeconds + 100).Allocated();
        server.Change(choice => choice with { Credentials = new RestCredentials(Users.Realm, [Users.OtherRestSecret]) });
        (string username, string password) = Users.Rest(server.UnixSeconds + 100, "carol");
        new TestClient(server, username, password, Addresses.Client.WithPort(40001)).Allocate().IsError(StunErrorCode.Unauthorized);
    }

    internal static TestClient ClientOf(TestServer server, long expiresAt)
    {
        (string username, string password) = Users.Rest(expiresAt, "carol");
        return new TestClient(server, username, password);
    }
}
