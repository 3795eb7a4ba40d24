using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Authorization;
using Turnpike.ControlPlane.Calls;
using Contract = Turnpike.Contracts.V1.RealmService;

namespace Turnpike.ControlPlane.Realms;

/// <summary>Realms over the API; secrets and static users lie in files of their own.</summary>
internal sealed partial class RealmApi(RealmStore realms, RealmCache cache, RealmSecrets secrets, RealmUsers users, TimeProvider time)
    : Contract.RealmServiceBase
{
    private const string Kind = "realm";

    // Others change the same realm at the same moment seldom, and not for ever.
    private const int Attempts = 10;

    public override async Task<Realm> GetRealm(GetRealmRequest request, ServerCallContext context) =>
        RealmMapping.ToWire(await FindAsync(request.Name, "name"));

    public override async Task<ListRealmsResponse> ListRealms(ListRealmsRequest request, ServerCallContext context)
    {
        int size = PageToken.Size(request.PageSize);
        string? after = PageToken.Read(request.PageToken, Kind);
        Caller caller = AuthorizationInterceptor.CallerOf(context);
        RealmRecord[] rest =
        [
            .. (await realms.ListAsync()).Where(realm => caller.MaySee(realm.Name))
                .SkipWhile(realm => after is not null && string.CompareOrdinal(realm.Name, after) <= 0),
        ];
        return new ListRealmsResponse
        {
            Realms = { rest.Take(size).Select(RealmMapping.ToWire) },
            NextPageToken = rest.Length > size ? PageToken.Make(rest[size - 1].Name, Kind) : "",
        };
    }

    public override async Task<Realm> CreateRealm(CreateRealmRequest request, ServerCallContext context)
    {
        if (!ResourceName.IsRealmId(request.RealmId))
        {
            throw ResourceName.WrongRealm("realm_id");
        }
        RealmRecord realm = new()
        {
            Name = request.RealmId,
            Policy = RealmMapping.ToRecord(request.Realm?.Policy ?? new Contracts.V1.RealmPolicy()),
            Secrets = request.WithoutSecret ? [] : [RealmSecrets.Make(time.GetUtcNow().ToUnixTimeSeconds())],
        };
        RealmMapping.Check(realm);
        try
        {
            return RealmMapping.ToWire(realm with { Version = await realms.PutAsync(realm, 0) });
        }
        catch (RealmConflictException)
        {
            throw Problems.AlreadyExists(Kind, ResourceName.OfRealm(realm.Name));
        }
    }

    public override async Task<Realm> UpdateRealm(UpdateRealmRequest request, ServerCallContext context)
    {
        if (request.Realm is null)
        {
            throw Problems.Invalid("realm", "missing");
        }
        for (int attempt = 0; ; attempt++)
        {
            RealmRecord before = await FindAsync(request.Realm.Name, "realm.name");
            CheckEtag(before, request.Realm.Etag);
            Contracts.V1.RealmPolicy policy = RealmMapping.ToWire(before.Policy);
            PolicyMask.Apply(request.UpdateMask, request.Realm.Policy, policy);
            RealmRecord after = before with { Policy = RealmMapping.ToRecord(policy) };
            RealmMapping.Check(after);
            try
            {
                after = after with { Version = await realms.PutAsync(after, before.Version) };
                cache.Forget(after.Name);
                return RealmMapping.ToWire(after);
            }
            catch (RealmConflictException) when (request.Realm.Etag.Length == 0 && attempt < Attempts)
            {
                // Without an etag the change goes on top of whatever the other one did.
            }
        }
    }

    public override async Task<Empty> DeleteRealm(DeleteRealmRequest request, ServerCallContext context)
    {
        RealmRecord realm = await FindAsync(request.Name, "name");
        CheckEtag(realm, request.Etag);
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        Cluster.Revocation revocation = new(
            RevocationIds.Make(), RevocationKind.Realm, realm.Name, "", now,
            now + Math.Max(RealmLimits.MaxCredentialLifetime(realm), RealmLimits.MaxAllocationLifetime(realm)));
        await realms.DeleteAsync(realm.Name, request.Etag.Length > 0 ? realm.Version : null, revocation);
        cache.Forget(realm.Name);
        return new Empty();
    }

    private async Task<RealmRecord> FindAsync(string name, string field) =>
        await realms.GetAsync(ResourceName.Realm(name, field)) ?? throw Problems.NotFound(Kind, name);

    private static void CheckEtag(RealmRecord realm, string etag)
    {
        if (etag.Length > 0 && etag != RealmMapping.Etag(realm))
        {
            throw Problems.Aborted(Kind, ResourceName.OfRealm(realm.Name));
        }
    }
}
