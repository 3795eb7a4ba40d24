using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Authorization;
using Turnpike.ControlPlane.Calls;
using Turnpike.ControlPlane.Options;
using Turnpike.ControlPlane.Realms;
using Contract = Turnpike.Contracts.V1.CredentialService;
using Revocation = Turnpike.Cluster.Revocation;
using Wire = Turnpike.Contracts.V1;

namespace Turnpike.ControlPlane.Credentials;

/// <summary>Credentials over the API.</summary>
internal sealed class CredentialApi(
    ControlPlaneSettings settings, CredentialIssuer issuer, RealmStore realms, RevocationStore revocations, CredentialMetrics metrics, TimeProvider time) : Contract.CredentialServiceBase
{
    private const string Prefix = "revocations/";
    private const string Kind = "revocation";

    public override Task<IssueCredentialResponse> IssueCredential(IssueCredentialRequest request, ServerCallContext context) =>
        issuer.IssueAsync(request, AuthorizationInterceptor.CallerOf(context));

    public override async Task<Wire.Revocation> RevokeCredentials(RevokeCredentialsRequest request, ServerCallContext context)
    {
        CredentialRules.Life(request.Ttl);
        string name = ResourceName.RealmOrDefault(request.Realm, settings.DefaultRealm);
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        (RevocationKind kind, string value, long least) = RevocationTarget.Read(request, name);
        RealmRecord realm = await realms.GetAsync(name) ?? throw Problems.NotFound("realm", ResourceName.OfRealm(name));
        long expiresAt = request.Ttl is { } ttl ? now + ttl.Seconds : Math.Max(now + RealmLimits.MaxCredentialLifetime(realm), least);
        Revocation revocation = new(RevocationIds.Make(), kind, name, value, now, expiresAt);
        await revocations.AddAsync(revocation);
        metrics.CountRevoked(kind);
        return RevocationTarget.ToWire(revocation);
    }

    public override async Task<ListRevocationsResponse> ListRevocations(ListRevocationsRequest request, ServerCallContext context)
    {
        if (request.Realm.Length > 0 && !ResourceName.IsRealmId(request.Realm))
        {
            throw ResourceName.WrongRealm("realm");
        }
        int size = PageToken.Size(request.PageSize);
        string? position = PageToken.Read(request.PageToken, request.Realm);
        Caller caller = AuthorizationInterceptor.CallerOf(context);
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        Revocation[] rest =
        [
            .. (await revocations.ListAsync())
                .Where(revocation => revocation.ExpiresAt > now && caller.MaySee(revocation.Realm) && (request.Realm.Length == 0 || revocation.Realm == request.Realm))
                .Where(revocation => position is null || string.CompareOrdinal(Position(revocation), position) < 0)
                .OrderByDescending(Position, StringComparer.Ordinal),
        ];
        return new ListRevocationsResponse
        {
            Revocations = { rest.Take(size).Select(RevocationTarget.ToWire) },
            NextPageToken = rest.Length > size ? PageToken.Make(Position(rest[size - 1]), request.Realm) : "",
        };
    }

    public override async Task<Empty> DeleteRevocation(DeleteRevocationRequest request, ServerCallContext context)
    {
        string id = request.Name.StartsWith(Prefix, StringComparison.Ordinal) ? request.Name[Prefix.Length..] : "";
        if (id.Length is 0 or > 64 || !id.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-'))
        {
            throw Problems.Invalid("name", "must be revocations/{revocation}");
        }
        Revocation? revocation = await revocations.FindAsync(id);
        // One of another realm is not there for this caller.
        if (revocation is null || !AuthorizationInterceptor.CallerOf(context).MaySee(revocation.Realm))
        {
            throw Problems.NotFound(Kind, request.Name);
        }
        await revocations.RemoveAsync(id);
        return new Empty();
    }

    // By time and then by id, as text that sorts the same way.
    private static string Position(Revocation revocation) =>
        string.Create(CultureInfo.InvariantCulture, $"{revocation.RevokedAt:D12} {revocation.Id}");
}
