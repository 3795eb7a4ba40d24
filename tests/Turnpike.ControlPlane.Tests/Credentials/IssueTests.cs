using System.Text;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using RealmPolicy = Turnpike.Contracts.V1.RealmPolicy;

namespace Turnpike.ControlPlane.Tests.Credentials;

public sealed class IssueTests : ControlPlaneTest
{
    private CredentialService.CredentialServiceClient Api => Plane.Credentials(Tokens.Operator);

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Plane.BeatAsync(Make.Edge("a"));
        await Until.TrueAsync("the edge is known", async () => (await TryAsync(new IssueCredentialRequest())) == StatusCode.OK);
    }

    [Fact]
    public async Task A_credential_verifies_with_the_realms_secret()
    {
        IssueCredentialResponse issued = await IssueAsync(new IssueCredentialRequest { User = "alice", Tag = "room 7" });

        IceServer turn = issued.IceServers[1];
        RealmRecord realm = (await Plane.Realms.GetAsync("turnpike"))!;
        Assert.Equal(IssuedCredential.Password(realm.Secrets[0].Value, Encoding.UTF8.GetBytes(turn.Username)), turn.Credential);
        Assert.True(IssuedUsername.TryParse(Encoding.UTF8.GetBytes(turn.Username), ':', out IssuedUsername? name));
        Assert.Equal(("turnpike", "alice", "room 7", realm.Secrets[0].Id), (name.Realm, name.User, name.Tag, name.KeyId));
        Assert.Equal(3600, name.ExpiresAt - name.IssuedAt);
        Assert.Equal(name.ExpiresAt, issued.ExpireTime.Seconds);
        Assert.Equal("turnpike", issued.Realm);
    }

    [Fact]
    public async Task Stun_comes_apart_from_turn_and_needs_no_password()
    {
        IssueCredentialResponse issued = await IssueAsync(new IssueCredentialRequest());

        Assert.Equal(["stun:a.example.com:3478"], issued.IceServers[0].Urls);
        Assert.Equal("", issued.IceServers[0].Username);
        Assert.Equal(
            ["turn:a.example.com:3478?transport=udp", "turn:a.example.com:3478?transport=tcp", "turns:a.example.com:5349?transport=tcp"],
            issued.IceServers[1].Urls);
    }

    [Fact]
    public async Task Transports_and_ports_filter_the_urls()
    {
        IssueCredentialResponse tls = await IssueAsync(new IssueCredentialRequest { Transports = { Transport.Tls } });
        IssueCredentialResponse port = await IssueAsync(new IssueCredentialRequest { Ports = { 5349 } });

        Assert.Equal(["turns:a.example.com:5349?transport=tcp"], Assert.Single(tls.IceServers).Urls);
        Assert.Equal(["turns:a.example.com:5349?transport=tcp"], Assert.Single(port.IceServers).Urls);
        await Refused.ReasonAsync(StatusCode.Unavailable, "NO_EDGE", () => IssueAsync(new IssueCredentialRequest { Transports = { Transport.Dtls } }));
    }

    [Fact]
    public async Task A_draining_edge_is_not_named()
    {
        await Plane.BeatAsync(Make.Edge("a") with { State = "draining" });

        await Until.TrueAsync("no edge is left", async () => await TryAsync(new IssueCredentialRequest()) == StatusCode.Unavailable);
    }

    [Fact]
    public async Task A_life_is_shortened_to_the_realms_longest()
    {
        await Plane.RealmService().CreateRealmAsync(
            new CreateRealmRequest { RealmId = "short", Realm = new Realm { Policy = new RealmPolicy { MaxCredentialLifetime = Seconds(60) } } },
            cancellationToken: Cancellation);

        Assert.Equal(60, LifeOf(await IssueAsync(new IssueCredentialRequest { Realm = "short", Ttl = Seconds(5000) })));
        Assert.Equal(30, LifeOf(await IssueAsync(new IssueCredentialRequest { Realm = "short", Ttl = Seconds(30) })));
        Assert.Equal(86_400, LifeOf(await IssueAsync(new IssueCredentialRequest { Ttl = Seconds(31_536_000) })));
    }

    [Fact]
    public async Task Without_a_user_each_credential_has_one_of_its_own()
    {
        string[] users = [UserOf(await IssueAsync(new IssueCredentialRequest())), UserOf(await IssueAsync(new IssueCredentialRequest()))];

        Assert.All(users, user => Assert.Matches("^[0-9a-f]{16}$", user));
        Assert.NotEqual(users[0], users[1]);
    }

    [Theory]
    [InlineData("Zoë 日本語 🦊")]
    [InlineData("%s%n%x{0}")]
    [InlineData("a:b~c%7E")]
    [InlineData("'; redis.call('FLUSHALL') --")]
    [InlineData("${jndi:ldap://example.com/a}")]
    public async Task A_strange_user_comes_through_unchanged(string user) =>
        Assert.Equal(user, UserOf(await IssueAsync(new IssueCredentialRequest { User = user })));

    [Fact]
    public async Task What_is_out_of_range_is_told_by_its_field()
    {
        await Refused.FieldAsync("user", () => IssueAsync(new IssueCredentialRequest { User = new string('x', 129) }));
        await Refused.FieldAsync("user", () => IssueAsync(new IssueCredentialRequest { User = "a\r\nb" }));
        await Refused.FieldAsync("user", () => IssueAsync(new IssueCredentialRequest { User = new string('日', 42), Tag = new string('本', 21) }));
        await Refused.FieldAsync("tag", () => IssueAsync(new IssueCredentialRequest { Tag = new string('x', 65) }));
        await Refused.FieldAsync("tag", () => IssueAsync(new IssueCredentialRequest { Tag = "\u0000" }));
        await Refused.FieldAsync("region", () => IssueAsync(new IssueCredentialRequest { Region = new string('x', 65) }));
        await Refused.FieldAsync("request_id", () => IssueAsync(new IssueCredentialRequest { RequestId = new string('x', 65) }));
        await Refused.FieldAsync("ttl", () => IssueAsync(new IssueCredentialRequest { Ttl = Seconds(0) }));
        await Refused.FieldAsync("ttl", () => IssueAsync(new IssueCredentialRequest { Ttl = Seconds(-1) }));
        await Refused.FieldAsync("ttl", () => IssueAsync(new IssueCredentialRequest { Ttl = Seconds(long.MaxValue) }));
        await Refused.FieldAsync("transports", () => IssueAsync(new IssueCredentialRequest { Transports = { (Transport)77 } }));
        await Refused.FieldAsync("ports", () => IssueAsync(new IssueCredentialRequest { Ports = { 65536 } }));
        await Refused.FieldAsync("realm", () => IssueAsync(new IssueCredentialRequest { Realm = "a b" }));
        await Refused.WithAsync(StatusCode.NotFound, () => IssueAsync(new IssueCredentialRequest { Realm = "nowhere" }));
    }

    [Fact]
    public async Task The_same_request_id_gives_the_same_answer_on_every_replica()
    {
        await using TestControlPlane second = await TestControlPlane.StartAsync(Plane.Redis, []);
        IssueCredentialRequest request = new() { Tag = "t", RequestId = "0d5b6a3e-0001" };
        await Until.TrueAsync("the other replica knows the edge", async () => await TryAsync(new IssueCredentialRequest(), second) == StatusCode.OK);

        IssueCredentialResponse[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(number =>
            (number % 2 == 0 ? Plane : second).Credentials().IssueCredentialAsync(request, cancellationToken: Cancellation).ResponseAsync));

        Assert.Single(answers.Distinct());
        await Refused.WithAsync(StatusCode.AlreadyExists, () => IssueAsync(new IssueCredentialRequest { Tag = "other", RequestId = request.RequestId }));
        IssueCredentialResponse other = await Plane.Credentials(Tokens.Issuer).IssueCredentialAsync(request, cancellationToken: Cancellation);
        Assert.NotEqual(answers[0], other);
    }

    [Fact]
    public async Task Replicas_that_start_together_make_one_default_realm_with_one_secret()
    {
        string[] settings = ["--ControlPlane:DefaultRealm=fresh"];
        TestControlPlane[] replicas = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => TestControlPlane.StartAsync(Plane.Redis, settings)));
        await Until.TrueAsync("the realm is there", async () => await Plane.Realms.GetAsync("fresh") is not null);
        foreach (TestControlPlane replica in replicas)
        {
            await replica.DisposeAsync();
        }

        RealmRecord realm = (await Plane.Realms.GetAsync("fresh"))!;

        Assert.Equal(1, realm.Version);
        Assert.Single(realm.Secrets);
        Assert.Single(replicas.SelectMany(replica => replica.Log.Of(3050)));
    }

    [Fact]
    public async Task A_new_secret_is_used_at_once()
    {
        AddSecretResponse added = await Plane.RealmService().AddSecretAsync(
            new AddSecretRequest { Parent = "realms/turnpike", SecretId = "newer", NotBefore = new Timestamp { Seconds = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() } },
            cancellationToken: Cancellation);
        string[] old = [.. (await Plane.Realms.GetAsync("turnpike"))!.Secrets.Where(secret => secret.Id != "newer").Select(secret => secret.Id)];
        await Plane.RealmService().RetireSecretAsync(new RetireSecretRequest { Name = $"realms/turnpike/secrets/{old[0]}" }, cancellationToken: Cancellation);

        IceServer turn = (await IssueAsync(new IssueCredentialRequest())).IceServers[1];

        Assert.Equal(IssuedCredential.Password(Encoding.UTF8.GetBytes(added.Value), Encoding.UTF8.GetBytes(turn.Username)), turn.Credential);
    }

    [Fact]
    public async Task Without_the_store_issuing_says_so()
    {
        await Plane.Redis.StopAsync();

        await Until.TrueAsync("the store is missed", async () => await TryAsync(new IssueCredentialRequest { Realm = "turnpike" }) == StatusCode.Unavailable);
        await Refused.ReasonAsync(StatusCode.Unavailable, "STORE_UNAVAILABLE", () => IssueAsync(new IssueCredentialRequest()));
    }

    private static Duration Seconds(long seconds) => new() { Seconds = seconds };

    private static IssuedUsername Parse(IssueCredentialResponse issued)
    {
        Assert.True(IssuedUsername.TryParse(Encoding.UTF8.GetBytes(issued.IceServers[^1].Username), ':', out IssuedUsername? name));
        return name;
    }

    private static long LifeOf(IssueCredentialResponse issued) => Parse(issued).ExpiresAt - Parse(issued).IssuedAt;

    private static string UserOf(IssueCredentialResponse issued) => Parse(issued).User;

    private async Task<IssueCredentialResponse> IssueAsync(IssueCredentialRequest request) =>
        await Api.IssueCredentialAsync(request, cancellationToken: Cancellation);

    private async Task<StatusCode> TryAsync(IssueCredentialRequest request, TestControlPlane? plane = null)
    {
        try
        {
            await (plane ?? Plane).Credentials().IssueCredentialAsync(request, cancellationToken: Cancellation);
            return StatusCode.OK;
        }
        catch (RpcException problem)
        {
            return problem.StatusCode;
        }
    }
}
