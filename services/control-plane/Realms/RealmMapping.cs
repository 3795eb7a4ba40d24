using System.Globalization;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Turnpike.Cluster;
using Turnpike.ControlPlane.Calls;
using Wire = Turnpike.Contracts.V1;

namespace Turnpike.ControlPlane.Realms;

/// <summary>Realms between the store's form and the API's.</summary>
internal static class RealmMapping
{
    private const string PolicyField = "realm.policy";
    private const string PeersPrefix = "Peers";

    public static Wire.Realm ToWire(RealmRecord realm) => new()
    {
        Name = ResourceName.OfRealm(realm.Name),
        Policy = ToWire(realm.Policy),
        Secrets = { realm.Secrets.OrderByDescending(secret => secret.NotBefore).Select(secret => ToWire(realm.Name, secret)) },
        Etag = Etag(realm),
    };

    public static string Etag(RealmRecord realm) => realm.Version.ToString(CultureInfo.InvariantCulture);

    public static Wire.Secret ToWire(string realm, RealmSecret secret) => new()
    {
        Name = ResourceName.OfSecret(realm, secret.Id),
        NotBefore = new Timestamp { Seconds = secret.NotBefore },
        NotAfter = secret.NotAfter == long.MaxValue ? null : new Timestamp { Seconds = secret.NotAfter },
    };

    public static Wire.RealmPolicy ToWire(RealmPolicy policy)
    {
        var wire = new Wire.RealmPolicy
        {
            AllocationLifetime = Seconds(policy.AllocationLifetime),
            MaxAllocationLifetime = Seconds(policy.MaxAllocationLifetime),
            MaxCredentialLifetime = Seconds(policy.MaxCredentialLifetime),
            BytesPerUser = ToWire(policy.BytesPerUser),
            BytesPerRealm = ToWire(policy.BytesPerRealm),
        };
        Set(policy.AllocationsPerUser, value => wire.AllocationsPerUser = value);
        Set(policy.AllocationsPerRealm, value => wire.AllocationsPerRealm = value);
        Set(policy.PermissionsPerAllocation, value => wire.PermissionsPerAllocation = value);
        Set(policy.ChannelsPerAllocation, value => wire.ChannelsPerAllocation = value);
        Set(policy.NewPeersPerSecondPerAllocation, value => wire.NewPeersPerSecondPerAllocation = value);
        Set(policy.PacketsPerSecondPerAllocation, value => wire.PacketsPerSecondPerAllocation = value);
        Set(policy.BitsPerSecondPerAllocation, value => wire.BitsPerSecondPerAllocation = value);
        Set(policy.BitsPerSecondPerUser, value => wire.BitsPerSecondPerUser = value);
        if (policy.PeersAllowPrivate is not null || policy.PeersAllow is not null || policy.PeersDeny is not null)
        {
            wire.Peers = new Wire.PeerRules
            {
                AllowPrivate = { policy.PeersAllowPrivate ?? [] },
                Allow = { policy.PeersAllow ?? [] },
                Deny = { policy.PeersDeny ?? [] },
            };
        }
        return wire;
    }

    /// <exception cref="RpcException">INVALID_ARGUMENT: a time that is not whole seconds.</exception>
    public static RealmPolicy ToRecord(Wire.RealmPolicy policy) => new()
    {
        AllocationsPerUser = policy.HasAllocationsPerUser ? policy.AllocationsPerUser : null,
        AllocationsPerRealm = policy.HasAllocationsPerRealm ? policy.AllocationsPerRealm : null,
        PermissionsPerAllocation = policy.HasPermissionsPerAllocation ? policy.PermissionsPerAllocation : null,
        ChannelsPerAllocation = policy.HasChannelsPerAllocation ? policy.ChannelsPerAllocation : null,
        NewPeersPerSecondPerAllocation = policy.HasNewPeersPerSecondPerAllocation ? policy.NewPeersPerSecondPerAllocation : null,
        PacketsPerSecondPerAllocation = policy.HasPacketsPerSecondPerAllocation ? policy.PacketsPerSecondPerAllocation : null,
        BitsPerSecondPerAllocation = policy.HasBitsPerSecondPerAllocation ? policy.BitsPerSecondPerAllocation : null,
        BitsPerSecondPerUser = policy.HasBitsPerSecondPerUser ? policy.BitsPerSecondPerUser : null,
        AllocationLifetime = Seconds(policy.AllocationLifetime, "allocation_lifetime"),
        MaxAllocationLifetime = Seconds(policy.MaxAllocationLifetime, "max_allocation_lifetime"),
        MaxCredentialLifetime = Seconds(policy.MaxCredentialLifetime, "max_credential_lifetime"),
        PeersAllowPrivate = policy.Peers is { } rules ? [.. rules.AllowPrivate] : null,
        PeersAllow = policy.Peers is { } allowed ? [.. allowed.Allow] : null,
        PeersDeny = policy.Peers is { } denied ? [.. denied.Deny] : null,
        BytesPerUser = ToRecord(policy.BytesPerUser, "bytes_per_user"),
        BytesPerRealm = ToRecord(policy.BytesPerRealm, "bytes_per_realm"),
    };

    /// <summary>Refuses a record that the store would refuse, by the field that is wrong.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static void Check(RealmRecord realm)
    {
        // "MaxAllocationLifetime: 60 to 86400": the property, and what it may be.
        if (realm.Problem() is string problem && problem.Split(": ", 2) is [string property, string why])
        {
            string field = property.StartsWith(PeersPrefix, StringComparison.Ordinal)
                ? $"peers.{SnakeCase(property[PeersPrefix.Length..])}"
                : SnakeCase(property);
            throw Problems.Invalid($"{PolicyField}.{field}", why);
        }
    }

    private static void Set<T>(T? value, Action<T> set)
        where T : struct
    {
        if (value is { } known)
        {
            set(known);
        }
    }

    private static Duration? Seconds(int? seconds) => seconds is { } known ? new Duration { Seconds = known } : null;

    private static int? Seconds(Duration? duration, string field) => duration switch
    {
        null => null,
        { Nanos: 0, Seconds: >= 0 and <= int.MaxValue } => (int)duration.Seconds,
        _ => throw Problems.Invalid($"{PolicyField}.{field}", "must be whole seconds, not negative"),
    };

    private static Wire.ByteQuota? ToWire(ByteQuota? quota) => quota is null ? null : new Wire.ByteQuota
    {
        Bytes = quota.Bytes,
        Period = (Wire.ByteQuota.Types.Period)((int)quota.Period + 1),
        Action = (Wire.ByteQuota.Types.Action)((int)quota.Action + 1),
    };

    private static ByteQuota? ToRecord(Wire.ByteQuota? quota, string field)
    {
        if (quota is null)
        {
            return null;
        }
        // The API's enumerations have a value for "not told" in front.
        var period = (QuotaPeriod)((int)quota.Period - 1);
        var action = (QuotaAction)((int)quota.Action - 1);
        if (!System.Enum.IsDefined(period))
        {
            throw Problems.Invalid($"{PolicyField}.{field}.period", "must be PERIOD_HOUR, PERIOD_DAY or PERIOD_MONTH");
        }
        if (!System.Enum.IsDefined(action))
        {
            throw Problems.Invalid($"{PolicyField}.{field}.action", "must be ACTION_NOTIFY, ACTION_REFUSE_NEW or ACTION_END");
        }
        return quota.Bytes > 0
            ? new ByteQuota(quota.Bytes, period, action)
            : throw Problems.Invalid($"{PolicyField}.{field}.bytes", "must be more than 0");
    }

    private static string SnakeCase(string property)
    {
        StringBuilder text = new(property.Length + 8);
        foreach (char letter in property)
        {
            if (char.IsAsciiLetterUpper(letter) && text.Length > 0)
            {
                text.Append('_');
            }
            text.Append(char.ToLowerInvariant(letter));
        }
        return text.ToString();
    }
}
