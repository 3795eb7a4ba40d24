using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Revocation = Turnpike.Contracts.V1.Revocation;

namespace Turnpike.ControlPlane.Tests.Credentials;

public sealed class RevokeTests : ControlPlaneTest
{
    private CredentialService.CredentialServiceClient Api => Plane.Credentials();

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Until.TrueAsync("the default realm", async () => await Plane.Realms.GetAsync("turnpike") is not null);
        await Plane.RealmService().CreateRealmAsync(new CreateRealmRequest { RealmId = "other" }, cancellationToken: Cancellation);
    }

    public static TheoryData<RevokeCredentialsRequest, string, string, string> Targets() => new()
    {
        { new RevokeCredentialsRequest { User = "alice" }, "x", "alice", "" },
        { new RevokeCredentialsRequest { Tag = "room" }, "x", "bob", "room" },
        { new RevokeCredentialsRequest { Username = "1999999999:plain" }, "1999999999:plain", "plain", "" },
        { new RevokeCredentialsRequest { EntireRealm = true }, "x", "carol", "" },
    };

    [Theory]
    [MemberData(nameof(Targets), DisableDiscoveryEnumeration = true)]
    public async Task What_is_revoked_is_revoked_for_edges(RevokeCredentialsRequest request, string username, string user, string tag)
    {
        Revocation revocation = await Api.RevokeCredentialsAsync(request, cancellationToken: Cancellation);

        RevocationSet set = RevocationSet.From(await Plane.Revocations.ListAsync());
        long at = revocation.RevokeTime.Seconds;
        Assert.True(set.IsRevoked("turnpike", username, user, tag, at - 1, at));
        Assert.False(set.IsRevoked("other", username, user, tag, at - 1, at));
        Assert.Equal(86_400, revocation.ExpireTime.Seconds - at);
        Assert.Equal(revocation, Assert.Single((await Api.ListRevocationsAsync(new ListRevocationsRequest(), cancellationToken: Cancellation)).Revocations));
    }

    [Fact]
    public async Task A_credential_stays_revoked_as_long_as_it_could_live()
    {
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        string username = new IssuedUsername(now + 500_000, "k", now, "turnpike", "u", "").Format(':');

        Revocation revocation = await Api.RevokeCredentialsAsync(new RevokeCredentialsRequest { Username = username }, cancellationToken: Cancellation);

        Assert.Equal(now + 500_000, revocation.ExpireTime.Seconds);
        await Refused.FieldAsync("username", async () => await Api.RevokeCredentialsAsync(new RevokeCredentialsRequest { Realm = "other", Username = username }));
    }

    [Fact]
    public async Task What_is_wrong_is_told_by_its_field()
    {
        await Refused.FieldAsync("target", () => RevokeAsync(new RevokeCredentialsRequest()));
        await Refused.FieldAsync("user", () => RevokeAsync(new RevokeCredentialsRequest { User = "" }));
        await Refused.FieldAsync("tag", () => RevokeAsync(new RevokeCredentialsRequest { Tag = "a\nb" }));
        await Refused.FieldAsync("username", () => RevokeAsync(new RevokeCredentialsRequest { Username = new string('x', 509) }));
        await Refused.FieldAsync("entire_realm", () => RevokeAsync(new RevokeCredentialsRequest { EntireRealm = false }));
        await Refused.FieldAsync("ttl", () => RevokeAsync(new RevokeCredentialsRequest { User = "a", Ttl = new Duration() }));
        await Refused.WithAsync(StatusCode.NotFound, () => RevokeAsync(new RevokeCredentialsRequest { Realm = "nowhere", User = "a" }));
        Assert.Empty(await Plane.Revocations.ListAsync());
    }

    [Fact]
    public async Task Revocations_are_listed_by_realm_page_by_page_and_only_to_whom_they_concern()
    {
        for (int number = 0; number < 3; number++)
        {
            await RevokeAsync(new RevokeCredentialsRequest { User = $"user-{number}" });
        }
        await RevokeAsync(new RevokeCredentialsRequest { Realm = "other", User = "stranger" });
        HashSet<string> seen = [];
        ListRevocationsRequest request = new() { Realm = "turnpike", PageSize = 2 };
        do
        {
            ListRevocationsResponse page = await Api.ListRevocationsAsync(request, cancellationToken: Cancellation);
            Assert.InRange(page.Revocations.Count, 1, 2);
            seen.UnionWith(page.Revocations.Select(revocation => revocation.User));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        ListRevocationsResponse other = await Plane.Credentials(Tokens.OtherViewer).ListRevocationsAsync(new ListRevocationsRequest(), cancellationToken: Cancellation);

        Assert.Equal(["user-0", "user-1", "user-2"], seen.Order());
        Assert.Equal("stranger", Assert.Single(other.Revocations).User);
        await Refused.WithAsync(StatusCode.PermissionDenied, async () =>
            await Plane.Credentials(Tokens.OtherViewer).ListRevocationsAsync(new ListRevocationsRequest { Realm = "turnpike" }));
    }

    [Fact]
    public async Task A_revocation_is_lifted_by_an_issuer_of_its_realm_alone()
    {
        Revocation revocation = await RevokeAsync(new RevokeCredentialsRequest { User = "alice" });
        DeleteRevocationRequest request = new() { Name = revocation.Name };

        await Refused.WithAsync(StatusCode.NotFound, async () => await Plane.Credentials(Tokens.OtherIssuer).DeleteRevocationAsync(request));
        await Plane.Credentials(Tokens.Issuer).DeleteRevocationAsync(request, cancellationToken: Cancellation);

        Assert.Empty(await Plane.Revocations.ListAsync());
        await Refused.WithAsync(StatusCode.NotFound, async () => await Api.DeleteRevocationAsync(request));
        await Refused.FieldAsync("name", async () => await Api.DeleteRevocationAsync(new DeleteRevocationRequest { Name = "revocations/../x" }));
    }

    private async Task<Revocation> RevokeAsync(RevokeCredentialsRequest request) =>
        await Api.RevokeCredentialsAsync(request, cancellationToken: Cancellation);
}
