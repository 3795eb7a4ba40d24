using System.Text;
using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

public class NonceTests
{
    private readonly TestServer _server = new();

    [Fact]
    public void A_nonce_is_good_until_its_lifetime_and_438_from_then_on()
    {
        var client = new TestClient(_server);
        client.Challenge();
        _server.Advance(3599);
        client.Allocate().IsSuccess();
        _server.Advance(1);
        Reply stale = client.Refresh().IsError(StunErrorCode.StaleNonce);
        Assert.False(stale.Authentic);
        Assert.NotEqual(client.Nonce, stale.Value(StunAttributeType.Nonce));
        Assert.True(stale.Has(StunAttributeType.Realm));
        Assert.True(stale.Has(StunAttributeType.PasswordAlgorithms));
        client.Learn(stale);
        client.Refresh().IsSuccess();
    }

    [Fact]
    public void The_lifetime_is_the_policys()
    {
        var server = new TestServer(new PolicyChoice { Lifetimes = new LifetimePolicy { Nonce = 30 } });
        var client = new TestClient(server);
        client.Challenge();
        server.Advance(29);
        client.Allocate().IsSuccess();
        server.Advance(1);
        client.Refresh().IsError(StunErrorCode.StaleNonce);
    }

    [Theory]
    [InlineData("93.184.216.34:40001")]
    [InlineData("93.184.216.35:40000")]
    [InlineData("[2a02:6b8::1]:40000")]
    public void A_nonce_of_another_client_address_or_port_is_438(string other)
    {
        var client = new TestClient(_server);
        client.Challenge();
        var thief = new TestClient(_server, address: Addresses.Parse(other)) { Nonce = client.Nonce };
        thief.Allocate().IsError(StunErrorCode.StaleNonce);
        Assert.Equal(0, _server.Turn.AllocationCount);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("obMatJos2")]
    [InlineData("obMatJos2gAAA")]
    [InlineData("obMatJos2gAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("obMatJos2gAAA========================")]
    [InlineData("obMatJos2gAAA!!!!!!!!!!!!!!!!!!!!!!!!")]
    [InlineData("obMatJos2gAAA                        ")]
    [InlineData("obMatJos2gAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("obMatJos2gAAA\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")]
    [InlineData("obMatJos2!!!!AAAAAAAAAAAAAAAAAAAAAAAA")]
    public void A_nonce_that_this_server_did_not_make_is_438(string nonce)
    {
        var client = new TestClient(_server) { Nonce = Encoding.UTF8.GetBytes(nonce) };
        client.Allocate().IsError(StunErrorCode.StaleNonce);
    }

    [Fact]
    public void A_nonce_with_any_one_character_changed_is_438()
    {
        var client = new TestClient(_server);
        client.Challenge();
        byte[] nonce = client.Nonce!;
        for (int i = 0; i < nonce.Length; i++)
        {
            client.Nonce = [.. nonce];
            client.Nonce[i] = client.Nonce[i] == (byte)'A' ? (byte)'B' : (byte)'A';
            _server.AdvanceUnnoticed(0.1);
            client.Allocate().IsError(StunErrorCode.StaleNonce);
        }
    }

    [Fact]
    public void A_nonce_of_another_key_is_438()
    {
        var other = new TestServer(new PolicyChoice { NonceKeys = [NonceKey.Create(7)] });
        var client = new TestClient(other);
        client.Challenge();
        new TestClient(_server) { Nonce = client.Nonce }.Allocate().IsError(StunErrorCode.StaleNonce);
    }

    [Fact]
    public void Another_shard_with_the_same_key_accepts_the_nonce()
    {
        var client = new TestClient(_server);
        client.Challenge();
        new TestClient(new TestServer()) { Nonce = client.Nonce, Offered = client.Offered }.Allocate().IsSuccess();
    }

    [Fact]
    public void Key_rotation_overlaps_and_the_newest_key_signs()
    {
        NonceKey first = NonceKey.Create(1);
        NonceKey second = NonceKey.Create(2);
        var server = new TestServer(new PolicyChoice { NonceKeys = [first] });
        var early = new TestClient(server);
        early.Challenge();

        server.Change(choice => choice with { NonceKeys = [second, first] });
        early.Allocate().IsSuccess();
        var late = new TestClient(server, address: Addresses.Client.WithPort(40001));
        late.Challenge();

        server.Change(choice => choice with { NonceKeys = [second] });
        early.Refresh().IsError(StunErrorCode.StaleNonce);
        late.Allocate().IsSuccess();
    }

    [Fact]
    public void A_nonce_from_the_future_is_438_unless_clocks_differ_by_a_minute_at_most()
    {
        var ahead = new TestServer { WallClockStep = 61_000 };
        ahead.Tick();
        var client = new TestClient(ahead);
        client.Challenge();
        new TestClient(_server) { Nonce = client.Nonce }.Allocate().IsError(StunErrorCode.StaleNonce);

        ahead.WallClockStep = 59_000;
        ahead.Tick();
        client.Challenge();
        new TestClient(_server) { Nonce = client.Nonce }.Allocate().IsSuccess();
    }

    [Fact]
    public void Nonces_follow_the_wall_clock_as_OnTick_tells_it()
    {
        var client = new TestClient(_server);
        client.Challenge();
        _server.WallClockStep = 3_600_000;
        client.Allocate().IsSuccess(); // no tick, no step
        _server.Tick();
        client.Refresh().IsError(StunErrorCode.StaleNonce);
    }

    [Fact]
    public void Nonces_are_unpredictable_without_the_key_CVE_2025_69217()
    {
        var seen = new HashSet<string>();
        for (int i = 0; i < 200; i++)
        {
            var server = new TestServer(new PolicyChoice { NonceKeys = [NonceKey.Create(7)] });
            Reply reply = new TestClient(server).Challenge();
            Assert.True(seen.Add(Encoding.ASCII.GetString(reply.Value(StunAttributeType.Nonce)!)));
        }
    }

    [Fact]
    public void A_stale_nonce_is_438_before_the_user_is_looked_up()
    {
        var credentials = new DeferredCredentials(Users.Default);
        var server = new TestServer(new PolicyChoice { Credentials = credentials });
        var client = new TestClient(server) { Nonce = "stale"u8.ToArray() };
        client.Allocate().IsError(StunErrorCode.StaleNonce);
        Assert.Empty(credentials.Tickets);
    }

    [Fact]
    public void A_nonce_longer_than_the_RFC_allows_is_400_RFC_8489_14_10()
    {
        var client = new TestClient(_server) { Nonce = new byte[764] };
        client.Allocate().IsError(StunErrorCode.BadRequest);
    }
}
