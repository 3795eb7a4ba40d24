using Grpc.Core;
using Turnpike.Contracts.V1;

namespace Turnpike.ControlPlane.Tests.Authorization;

public sealed class AuditTests : ControlPlaneTest
{
    private const int Audit = 3000;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Until.TrueAsync("the default realm", async () => await Plane.Realms.GetAsync("turnpike") is not null);
    }

    [Fact]
    public async Task Each_change_is_written_down_with_who_what_and_how_it_ended()
    {
        await Plane.RealmService().CreateRealmAsync(new CreateRealmRequest { RealmId = "shop" }, cancellationToken: Cancellation);
        await Refused.WithAsync(StatusCode.AlreadyExists, async () => await Plane.RealmService().CreateRealmAsync(new CreateRealmRequest { RealmId = "shop" }));
        await Refused.WithAsync(StatusCode.PermissionDenied, async () => await Plane.RealmService(Tokens.Viewer).CreateRealmAsync(new CreateRealmRequest { RealmId = "x" }));
        await Plane.Credentials(Tokens.Issuer).RevokeCredentialsAsync(new RevokeCredentialsRequest { User = "alice" }, cancellationToken: Cancellation);

        Assert.Equal(
            [
                "admin (Token) called /turnpike.v1.RealmService/CreateRealm in realm shop on shop: OK",
                "admin (Token) called /turnpike.v1.RealmService/CreateRealm in realm shop on shop: AlreadyExists",
                "watcher (Token) called /turnpike.v1.RealmService/CreateRealm in realm x on x: PermissionDenied",
                "app (Token) called /turnpike.v1.CredentialService/RevokeCredentials in realm turnpike on User alice: OK",
            ],
            Plane.Log.Of(Audit));
    }

    [Fact]
    public async Task Reading_is_not_written_down()
    {
        await Plane.RealmService().ListRealmsAsync(new ListRealmsRequest(), cancellationToken: Cancellation);

        Assert.Empty(Plane.Log.Of(Audit));
    }

    [Fact]
    public async Task What_callers_send_does_not_look_like_a_line_of_its_own()
    {
        await Refused.WithAsync(StatusCode.InvalidArgument, async () =>
            await Plane.Credentials().RevokeCredentialsAsync(new RevokeCredentialsRequest { User = "a\r\nroot (Token) called \u2028" + new string('x', 5000) }));

        string line = Assert.Single(Plane.Log.Of(Audit));
        Assert.DoesNotContain(line, letter => char.IsControl(letter) || letter == '\u2028');
        Assert.InRange(line.Length, 100, 600);
    }

    [Fact]
    public async Task No_secret_is_ever_in_the_log()
    {
        const string Value = "a-secret-of-the-test-0123456789";
        await Plane.BeatAsync(Make.Edge("a"));
        await Plane.RealmService().AddSecretAsync(new AddSecretRequest { Parent = "realms/turnpike", Value = Value }, cancellationToken: Cancellation);
        await Plane.RealmService().PutUserAsync(new PutUserRequest { Name = "realms/turnpike/users/alice", Password = Value }, cancellationToken: Cancellation);
        IssueCredentialResponse? issued = null;
        await Until.TrueAsync("a credential", async () =>
        {
            try
            {
                issued = await Plane.Credentials().IssueCredentialAsync(new IssueCredentialRequest(), cancellationToken: Cancellation);
                return true;
            }
            catch (RpcException problem) when (problem.StatusCode == StatusCode.Unavailable)
            {
                return false;
            }
        });
        using HttpClient rest = Plane.Rest(null);
        (await rest.GetAsync(new Uri($"/turn?service=turn&key={Tokens.Issuer}", UriKind.Relative), Cancellation)).EnsureSuccessStatusCode();

        Assert.NotEmpty(Plane.Log.Of(Audit));
        foreach (string secret in (string[])[Value, Tokens.Operator, Tokens.Issuer, issued!.IceServers[^1].Credential])
        {
            Assert.DoesNotContain(Plane.Log.Lines, line => line.Text.Contains(secret, StringComparison.Ordinal));
        }
    }
}
