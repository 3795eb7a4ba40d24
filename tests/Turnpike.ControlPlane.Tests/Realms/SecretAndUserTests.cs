using System.Text;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.Protocol;

namespace Turnpike.ControlPlane.Tests.Realms;

public sealed class SecretAndUserTests : ControlPlaneTest
{
    private RealmService.RealmServiceClient Api => Plane.RealmService();

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Until.TrueAsync("the default realm", async () => await Plane.Realms.GetAsync("turnpike") is not null);
    }

    [Fact]
    public async Task A_secret_that_is_added_is_shown_once_and_kept()
    {
        AddSecretResponse added = await Api.AddSecretAsync(new AddSecretRequest { Parent = "realms/turnpike" }, cancellationToken: Cancellation);

        Assert.Matches("^[0-9a-f]{64}$", added.Value);
        string id = added.Secret.Name.Split('/')[^1];
        RealmRecord realm = (await Plane.Realms.GetAsync("turnpike"))!;
        Assert.Equal(added.Value, Encoding.UTF8.GetString(realm.Secrets.Single(secret => secret.Id == id).Value));
        Realm shown = await Api.GetRealmAsync(new GetRealmRequest { Name = "realms/turnpike" }, cancellationToken: Cancellation);
        Assert.DoesNotContain(added.Value, shown.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Plane.Log.Lines, line => line.Text.Contains(added.Value, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_wrong_with_a_secret_is_told_by_its_field()
    {
        await Refused.FieldAsync("secret_id", () => AddAsync(new AddSecretRequest { SecretId = "a-b" }));
        await Refused.FieldAsync("value", () => AddAsync(new AddSecretRequest { Value = "too short" }));
        await Refused.FieldAsync("not_after", () => AddAsync(new AddSecretRequest
        {
            NotBefore = new Timestamp { Seconds = 2_000_000_000 },
            NotAfter = new Timestamp { Seconds = 1_999_999_999 },
        }));
        await Refused.FieldAsync("not_before", () => AddAsync(new AddSecretRequest { NotBefore = new Timestamp { Seconds = -1 } }));
        await AddAsync(new AddSecretRequest { SecretId = "k1" });
        await Refused.WithAsync(StatusCode.AlreadyExists, () => AddAsync(new AddSecretRequest { SecretId = "k1" }));
        await Refused.WithAsync(StatusCode.NotFound, async () => await Api.AddSecretAsync(new AddSecretRequest { Parent = "realms/nowhere" }));
    }

    [Fact]
    public async Task The_seventeenth_secret_is_refused()
    {
        for (int number = 1; number < 16; number++)
        {
            await AddAsync(new AddSecretRequest());
        }

        await Refused.ReasonAsync(StatusCode.ResourceExhausted, "LIMIT", () => AddAsync(new AddSecretRequest()));
    }

    [Fact]
    public async Task The_last_secret_is_retired_only_by_force()
    {
        string name = (await Api.GetRealmAsync(new GetRealmRequest { Name = "realms/turnpike" }, cancellationToken: Cancellation)).Secrets[0].Name;

        await Refused.ReasonAsync(StatusCode.FailedPrecondition, "LAST_SECRET", async () => await Api.RetireSecretAsync(new RetireSecretRequest { Name = name }));
        Secret retired = await Api.RetireSecretAsync(new RetireSecretRequest { Name = name, Force = true }, cancellationToken: Cancellation);

        Assert.NotNull(retired.NotAfter);
        await Plane.BeatAsync(Make.Edge("a"));
        await Refused.ReasonAsync(StatusCode.NotFound, "NO_SECRET", async () => await Plane.Credentials().IssueCredentialAsync(new IssueCredentialRequest()));
    }

    [Fact]
    public async Task A_secret_is_retired_without_force_when_another_one_is_valid_then()
    {
        string first = (await Api.GetRealmAsync(new GetRealmRequest { Name = "realms/turnpike" }, cancellationToken: Cancellation)).Secrets[0].Name;
        long later = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 1000;
        await AddAsync(new AddSecretRequest { SecretId = "short", NotAfter = new Timestamp { Seconds = later } });

        // The other one ends no later than this one would.
        await Refused.ReasonAsync(StatusCode.FailedPrecondition, "LAST_SECRET", async () =>
            await Api.RetireSecretAsync(new RetireSecretRequest { Name = first, NotAfter = new Timestamp { Seconds = later } }));
        Secret retired = await Api.RetireSecretAsync(new RetireSecretRequest { Name = first, NotAfter = new Timestamp { Seconds = later - 1 } }, cancellationToken: Cancellation);

        Assert.Equal(later - 1, retired.NotAfter.Seconds);
        await Refused.WithAsync(StatusCode.NotFound, async () => await Api.RetireSecretAsync(new RetireSecretRequest { Name = "realms/turnpike/secrets/none" }));
        await Refused.FieldAsync("name", async () => await Api.RetireSecretAsync(new RetireSecretRequest { Name = "realms/turnpike" }));
    }

    [Theory]
    [InlineData("alice", "alice")]
    [InlineData("al:ice@example.com", "al:ice@example.com")]
    [InlineData("Zo\u0065\u0308", "Zo\u00eb")]
    [InlineData("日本\u3000語", "日本 語")]
    [InlineData("%s%n{0}", "%s%n{0}")]
    public async Task A_user_is_kept_as_the_keys_that_its_client_computes(string typed, string username)
    {
        User user = await PutAsync(typed, "pass\u00a0word");

        Assert.Equal($"realms/turnpike/users/{username}", user.Name);
        StaticUserRecord stored = (await Plane.Users.FindAsync("turnpike", username))!;
        byte[] md5 = new byte[16];
        byte[] sha256 = new byte[32];
        LongTermKey.Md5(Encoding.UTF8.GetBytes(username), "turnpike"u8, "pass word"u8, md5);
        LongTermKey.Sha256(Encoding.UTF8.GetBytes(username), "turnpike"u8, "pass word"u8, sha256);
        Assert.Equal(md5, stored.Md5Key);
        Assert.Equal(sha256, stored.Sha256Key);
    }

    [Fact]
    public async Task What_is_wrong_with_a_user_is_told_by_its_field()
    {
        await Refused.FieldAsync("name", () => PutAsync("", "password"));
        await Refused.FieldAsync("name", () => PutAsync("a/b", "password"));
        await Refused.FieldAsync("name", () => PutAsync("a\r\nb", "password"));
        await Refused.FieldAsync("name", () => PutAsync(new string('x', 129), "password"));
        await Refused.FieldAsync("password", () => PutAsync("alice", ""));
        await Refused.FieldAsync("password", () => PutAsync("alice", "a\u0007b"));
        await Refused.WithAsync(StatusCode.NotFound, async () => await Api.PutUserAsync(new PutUserRequest { Name = "realms/nowhere/users/a", Password = "p" }));
        await Api.CreateRealmAsync(new CreateRealmRequest { RealmId = "shop" }, cancellationToken: Cancellation);
        await Refused.ReasonAsync(StatusCode.FailedPrecondition, "NOT_ANNOUNCED", async () =>
            await Api.PutUserAsync(new PutUserRequest { Name = "realms/shop/users/a", Password = "p" }));
        Assert.Empty((await Plane.Users.ListAsync("turnpike", 0, 100)).Users);
    }

    [Fact]
    public async Task Users_are_listed_page_by_page()
    {
        string[] names = [.. Enumerable.Range(0, 30).Select(number => $"user-{number}")];
        foreach (string name in names)
        {
            await PutAsync(name, "password");
        }
        HashSet<string> seen = [];
        string token = "";
        do
        {
            ListUsersResponse page = await Api.ListUsersAsync(
                new ListUsersRequest { Parent = "realms/turnpike", PageSize = 10, PageToken = token }, cancellationToken: Cancellation);
            seen.UnionWith(page.Users.Select(user => user.Name));
            token = page.NextPageToken;
        }
        while (token.Length > 0);

        Assert.Equal(names.Select(name => $"realms/turnpike/users/{name}").ToHashSet(), seen);
    }

    [Fact]
    public async Task A_deleted_user_is_revoked_until_it_is_made_anew()
    {
        await PutAsync("alice", "password");

        await Api.DeleteUserAsync(new DeleteUserRequest { Name = "realms/turnpike/users/alice" }, cancellationToken: Cancellation);

        Assert.Null(await Plane.Users.FindAsync("turnpike", "alice"));
        RevocationSet revoked = RevocationSet.From(await Plane.Revocations.ListAsync());
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        Assert.True(revoked.IsRevoked("turnpike", "alice", "alice", "", null, now));
        Assert.False(revoked.IsRevoked("turnpike", "bob", "bob", "", null, now));
        await Refused.WithAsync(StatusCode.NotFound, async () => await Api.DeleteUserAsync(new DeleteUserRequest { Name = "realms/turnpike/users/alice" }));

        await PutAsync("alice", "another");

        Assert.Empty(await Plane.Revocations.ListAsync());
    }

    private async Task<AddSecretResponse> AddAsync(AddSecretRequest request)
    {
        request.Parent = "realms/turnpike";
        return await Api.AddSecretAsync(request, cancellationToken: Cancellation);
    }

    private async Task<User> PutAsync(string user, string password) =>
        await Api.PutUserAsync(new PutUserRequest { Name = $"realms/turnpike/users/{user}", Password = password }, cancellationToken: Cancellation);
}
