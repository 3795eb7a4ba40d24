using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Fleet;

namespace Turnpike.ControlPlane.Tests.Hostile;

/// <summary>Names that are meant for somebody else: a database, a script, a formatter, a shell, a log, a path.</summary>
public sealed class NameTests(NamePlane shared) : IClassFixture<NamePlane>
{
    private static readonly string[] Injections =
    [
        "'; DROP TABLE users; --",
        "\" OR 1=1 --",
        "]]..redis.call('FLUSHALL')..[[",
        "%s%n%x%p",
        "{0:x}",
        "${jndi:ldap://127.0.0.1/a}",
        "$(touch /tmp/turnpike-was-here)",
        "`id`",
        "../../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "<script>alert(1)</script>",
        "{turnpike}",
        "*",
        "a\r\nb",
        "a\0b",
        "a\u2028b",
        "\u001b[31mred",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TestControlPlane Plane => shared.Plane;

    [Fact]
    public async Task No_resource_name_is_anything_else_than_a_name_and_nothing_is_written()
    {
        // A user may be called nearly anything, and is looked for under that name; whatever else is none is refused as such.
        (string What, Func<string, Task> Call, StatusCode[] Codes)[] calls =
        [
            ("GetRealm", async name => await Realms.GetRealmAsync(new GetRealmRequest { Name = $"realms/{name}" }), [StatusCode.InvalidArgument]),
            ("CreateRealm", async name => await Realms.CreateRealmAsync(new CreateRealmRequest { RealmId = name }), [StatusCode.InvalidArgument]),
            ("UpdateRealm", async name => await Realms.UpdateRealmAsync(new UpdateRealmRequest { Realm = new Realm { Name = $"realms/{name}" } }), [StatusCode.InvalidArgument]),
            ("DeleteRealm", async name => await Realms.DeleteRealmAsync(new DeleteRealmRequest { Name = $"realms/{name}" }), [StatusCode.InvalidArgument]),
            ("AddSecret", async name => await Realms.AddSecretAsync(new AddSecretRequest { Parent = "realms/turnpike", SecretId = name }), [StatusCode.InvalidArgument]),
            ("RetireSecret", async name => await Realms.RetireSecretAsync(new RetireSecretRequest { Name = $"realms/turnpike/secrets/{name}", Force = true }), [StatusCode.InvalidArgument]),
            ("PutUser", async name => await Realms.PutUserAsync(new PutUserRequest { Name = $"realms/{name}/users/alice", Password = "p" }), [StatusCode.InvalidArgument]),
            ("DeleteUser", async name => await Realms.DeleteUserAsync(new DeleteUserRequest { Name = $"realms/turnpike/users/{name}" }), [StatusCode.InvalidArgument, StatusCode.NotFound]),
            ("Issue", async name => await Plane.Credentials().IssueCredentialAsync(new IssueCredentialRequest { Realm = name }), [StatusCode.InvalidArgument]),
            ("Revoke", async name => await Plane.Credentials().RevokeCredentialsAsync(new RevokeCredentialsRequest { Realm = name, User = "alice" }), [StatusCode.InvalidArgument]),
            ("DeleteRevocation", async name => await Plane.Credentials().DeleteRevocationAsync(new DeleteRevocationRequest { Name = $"revocations/{name}" }), [StatusCode.InvalidArgument]),
            ("DrainEdge", async name => await Plane.Fleet().DrainEdgeAsync(new DrainEdgeRequest { Name = $"edges/{name}" }), [StatusCode.InvalidArgument]),
            ("Terminate", async name => await Plane.Fleet().TerminateAllocationsAsync(new TerminateAllocationsRequest { Parent = "edges/a-1", Names = { $"edges/a-1/allocations/{name}" } }), [StatusCode.InvalidArgument]),
        ];
        await UnchangedAsync(async () =>
        {
            foreach ((string what, Func<string, Task> call, StatusCode[] codes) in calls)
            {
                foreach (string name in Injections)
                {
                    RpcException problem = await Assert.ThrowsAsync<RpcException>(() => call(name));
                    Assert.True(codes.Contains(problem.StatusCode), $"{what} {name}: {problem.Status}");
                }
            }
        });
    }

    [Fact]
    public async Task What_is_only_text_comes_back_as_it_was_sent_or_is_refused_for_its_control_characters()
    {
        foreach (string text in Injections)
        {
            bool isRefused = text.Any(letter => char.IsControl(letter) || letter == '\u2028');
            Contracts.V1.Revocation made;
            try
            {
                made = await Plane.Credentials().RevokeCredentialsAsync(new RevokeCredentialsRequest { User = text, Ttl = new Duration { Seconds = 600 } }, cancellationToken: Cancellation);
            }
            catch (RpcException problem) when (problem.StatusCode == StatusCode.InvalidArgument)
            {
                Assert.True(isRefused, text);
                continue;
            }
            Assert.False(isRefused, text);
            Assert.Equal(text, made.User);
            Assert.Equal(text, (await Plane.Revocations.FindAsync(made.Name["revocations/".Length..]))!.Value);
        }
        Assert.False(File.Exists("/tmp/turnpike-was-here"));
        // Nothing but revocations came of it, and everything that was there is there.
        Assert.NotNull(await Plane.Realms.GetAsync("turnpike"));
        Assert.Single((await Plane.Fleet().ListEdgesAsync(new ListEdgesRequest(), cancellationToken: Cancellation)).Edges);
    }

    [Theory]
    [InlineData("/v1/realms/..%2f..%2fetc%2fpasswd")]
    [InlineData("/v1/realms/%2e%2e/secrets")]
    [InlineData("/v1/realms/a%00b")]
    [InlineData("/v1/realms/%ff%fe")]
    [InlineData("/v1/edges/..%2fa:drain")]
    [InlineData("/swagger/..%2f..%2fappsettings.json")]
    [InlineData("/swagger/%2e%2e/%2e%2e/turnpike-control-plane.dll")]
    public async Task A_path_leads_nowhere_else(string path)
    {
        using HttpClient client = Plane.Rest();
        using HttpResponseMessage answer = await client.GetAsync(new Uri(Plane.Http, path), Cancellation);
        Assert.InRange((int)answer.StatusCode, 400, 499);
    }

    /// <summary>The same name to the eye, in letters of one piece and of two: each is a user of its own, as RFC 8265 leaves it to the client to prepare it.</summary>
    [Theory]
    [InlineData("Zo\u00eb", "Zo\u00eb")]
    [InlineData("Zo\u0065\u0308", "Zo\u0065\u0308")]
    [InlineData("\u05d9\u05d5\u05e1\u05d9", "\u05d9\u05d5\u05e1\u05d9")]
    [InlineData("\u202egnp.exe", "\u202egnp.exe")]
    [InlineData("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb")]
    [InlineData("\ud83e\udd8a\ufe0f\u200d\u2b1b", "\ud83e\udd8a\ufe0f\u200d\u2b1b")]
    public async Task A_user_of_any_script_is_issued_for_and_found_again_in_the_username(string user, string expected)
    {
        IssueCredentialResponse made = await Plane.Credentials().IssueCredentialAsync(new IssueCredentialRequest { User = user, Tag = user }, cancellationToken: Cancellation);
        Assert.True(IssuedUsername.TryParse(System.Text.Encoding.UTF8.GetBytes(made.IceServers[^1].Username), ':', out IssuedUsername? issued));
        Assert.Equal((expected, expected), (issued.User, issued.Tag));
        Assert.All(made.IceServers[^1].Username, letter => Assert.True(char.IsAscii(letter) && !char.IsControl(letter)));
    }

    /// <summary>A static user is prepared as its client prepares it (RFC 8265, OpaqueString): what cannot be prepared is refused.</summary>
    [Theory]
    [InlineData("\u05d9\u05d5\u05e1\u05d9", true)]
    [InlineData("\U0001f98a", true)]
    [InlineData("a\u0000b", false)]
    [InlineData("a\u200bb", false)]
    [InlineData("\u202egnp", false)]
    [InlineData("\ufdd0", false)]
    [InlineData("", false)]
    public async Task A_static_user_is_one_that_a_client_can_be(string user, bool isOne)
    {
        string name = $"realms/turnpike/users/{user}";
        if (isOne)
        {
            await Realms.PutUserAsync(new PutUserRequest { Name = name, Password = "p" }, cancellationToken: Cancellation);
            Assert.NotNull(await Plane.Users.FindAsync("turnpike", user));
            return;
        }
        await UnchangedAsync(() => Refused.FieldAsync("name", async () => await Realms.PutUserAsync(new PutUserRequest { Name = name, Password = "p" })));
    }

    [Theory]
    [InlineData("x", 129)]
    [InlineData("\u00eb", 65)]
    [InlineData("\U0001f98a", 33)]
    public async Task A_user_that_is_too_long_is_refused_by_its_bytes_everywhere(string letter, int count)
    {
        string user = string.Concat(Enumerable.Repeat(letter, count));
        await UnchangedAsync(async () =>
        {
            await Refused.FieldAsync("user", async () => await Plane.Credentials().IssueCredentialAsync(new IssueCredentialRequest { User = user }));
            await Refused.FieldAsync("user", async () => await Plane.Credentials().RevokeCredentialsAsync(new RevokeCredentialsRequest { User = user }));
            await Refused.FieldAsync("name", async () => await Realms.PutUserAsync(new PutUserRequest { Name = $"realms/turnpike/users/{user}", Password = "p" }));
        });
    }

    private RealmService.RealmServiceClient Realms => Plane.RealmService();

    private Task UnchangedAsync(Func<Task> calls) => StoreContent.UnchangedAsync(Plane, calls);
}

/// <summary>For names of all kinds: each is refused, or is its test's own.</summary>
public sealed class NamePlane : ControlPlaneTest
{
    // The edge says once that it is there, and all the names together are more calls than any person makes.
    protected override string[] Settings => ["--Cluster:MemberExpiry=300", "--ControlPlane:CallsPerSecond=0"];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Plane.BeatAsync(Make.Edge("a"));
        await Until.TrueAsync("the default realm", async () => await Plane.Realms.GetAsync("turnpike") is not null);
        await Until.TrueAsync("an edge", () => Plane.Services.GetRequiredService<IEdgeDirectory>().Current.Count == 1);
    }
}
