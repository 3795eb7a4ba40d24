using System.Security.Cryptography;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using Turnpike.Cluster;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Calls;

namespace Turnpike.ControlPlane.Realms;

/// <summary>The secrets of realms: added and retired, never shown again.</summary>
internal sealed class RealmSecrets(RealmStore realms, RealmCache cache, TimeProvider time)
{
    private const int RandomBytes = 32;
    private const int ShortestValue = 16;
    private const int LongestValue = 256;
    private const int IdDigits = 8;
    private const int Attempts = 10;

    // The last second of the year 9999, up to which a google.protobuf.Timestamp goes.
    private const long LastSecond = 253_402_300_799;

    /// <summary>A secret by chance, valid from now on.</summary>
    /// <param name="unixNow">Seconds of Unix time.</param>
    public static RealmSecret Make(long unixNow) =>
        new(MakeId(), Encoding.UTF8.GetBytes(MakeValue()), unixNow, long.MaxValue);

    public async Task<AddSecretResponse> AddAsync(AddSecretRequest request)
    {
        string name = ResourceName.Realm(request.Parent, "parent");
        if (request.SecretId.Length > 0 && !ResourceName.IsSecretId(request.SecretId))
        {
            throw Problems.Invalid("secret_id", "must be 1 to 16 letters and digits");
        }
        if (request.Value.Length > 0 && Encoding.UTF8.GetByteCount(request.Value) is < ShortestValue or > LongestValue)
        {
            throw Problems.Invalid("value", $"must have {ShortestValue} to {LongestValue} bytes");
        }
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        string value = request.Value.Length > 0 ? request.Value : MakeValue();
        RealmSecret secret = new(
            request.SecretId.Length > 0 ? request.SecretId : MakeId(),
            Encoding.UTF8.GetBytes(value),
            Seconds(request.NotBefore, "not_before") ?? now,
            Seconds(request.NotAfter, "not_after") ?? long.MaxValue);
        if (secret.NotAfter <= secret.NotBefore)
        {
            throw Problems.Invalid("not_after", "must be later than not_before");
        }
        await ChangeAsync(name, realm =>
        {
            if (realm.Secrets.Any(other => other.Id == secret.Id))
            {
                throw Problems.AlreadyExists("secret", ResourceName.OfSecret(name, secret.Id));
            }
            // A secret that is over verifies nothing any more.
            RealmSecret[] kept = [.. realm.Secrets.Where(other => other.NotAfter > now)];
            return kept.Length < RealmLimits.Secrets
                ? realm with { Secrets = [.. kept, secret] }
                : throw Problems.TooMany(Limit.RealmSecrets, $"A realm has at most {RealmLimits.Secrets} secrets; retire one first.");
        });
        return new AddSecretResponse { Secret = RealmMapping.ToWire(name, secret), Value = value };
    }

    public async Task<Secret> RetireAsync(RetireSecretRequest request)
    {
        (string name, string id) = ResourceName.Secret(request.Name, "name");
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        long end = Math.Max(now, Seconds(request.NotAfter, "not_after") ?? now);
        RealmSecret? retired = null;
        await ChangeAsync(name, realm =>
        {
            RealmSecret secret = realm.Secrets.FirstOrDefault(secret => secret.Id == id) ?? throw Problems.NotFound("secret", request.Name);
            retired = secret with { NotAfter = Math.Min(end, secret.NotAfter) };
            RealmSecret[] others = [.. realm.Secrets.Where(other => other.Id != id)];
            if (!request.Force && secret.NotAfter > retired.NotAfter && !others.Any(other => other.IsValid(retired.NotAfter)))
            {
                throw Problems.Precondition("LAST_SECRET", $"{request.Name} is the only secret that is valid then; add another one first, or force it.");
            }
            // One that ends before it begins never was.
            return realm with { Secrets = retired.NotAfter <= retired.NotBefore ? others : [.. others, retired] };
        });
        return RealmMapping.ToWire(name, retired!);
    }

    private async Task ChangeAsync(string name, Func<RealmRecord, RealmRecord> change)
    {
        for (int attempt = 0; ; attempt++)
        {
            RealmRecord before = await realms.GetAsync(name) ?? throw Problems.NotFound("realm", ResourceName.OfRealm(name));
            try
            {
                await realms.PutAsync(change(before), before.Version);
                cache.Forget(name);
                return;
            }
            catch (RealmConflictException) when (attempt < Attempts)
            {
                // Somebody else changed the realm: the change goes on top of that.
            }
        }
    }

    private static string MakeId() => RandomNumberGenerator.GetHexString(IdDigits, lowercase: true);

    private static string MakeValue() => RandomNumberGenerator.GetHexString(RandomBytes * 2, lowercase: true);

    private static long? Seconds(Timestamp? timestamp, string field) => timestamp switch
    {
        null => null,
        { Seconds: >= 0 and <= LastSecond } => timestamp.Seconds,
        _ => throw Problems.Invalid(field, "must lie between the years 1970 and 9999"),
    };
}
