using System.Text.Json.Serialization;

namespace Turnpike.Cluster;

/// <summary>A tenant: who may issue its credentials, and what its clients may do. Times are seconds of Unix time.</summary>
public sealed record RealmRecord
{
    /// <summary>1 to 127 printable characters, no quote, no colon, not <c>*</c> (RFC 8489 section 14.9 makes it a quoted text).</summary>
    public required string Name { get; init; }

    /// <summary>Counts the edits, from 1.</summary>
    public long Version { get; init; }

    /// <summary>Several may be active at once, so that a rotation overlaps.</summary>
    public IReadOnlyList<RealmSecret> Secrets { get; init; } = [];

    /// <summary>What its clients may do.</summary>
    public RealmPolicy Policy { get; init; } = new();

    /// <summary>The secret to issue with: of those that are valid the one that became valid last; null when there is none.</summary>
    /// <param name="unixNow">Seconds of Unix time.</param>
    public RealmSecret? NewestSecret(long unixNow) =>
        Secrets.Where(secret => secret.IsValid(unixNow)).MaxBy(secret => secret.NotBefore);

    /// <summary>What is wrong with the record, for people, without a secret; null when nothing is.</summary>
    public string? Problem() => RealmRules.Problem(this);
}

/// <summary>A TURN REST secret of a realm.</summary>
/// <param name="Id">1 to 16 letters and digits; part of the usernames issued with it.</param>
/// <param name="Value">The secret.</param>
/// <param name="NotBefore">Seconds of Unix time from which on it is valid.</param>
/// <param name="NotAfter">Seconds of Unix time from which on it no longer is; <see cref="long.MaxValue"/> when it has no end.</param>
public sealed record RealmSecret(string Id, byte[] Value, long NotBefore, long NotAfter)
{
    /// <summary>Whether it verifies now.</summary>
    public bool IsValid(long unixNow) => NotBefore <= unixNow && unixNow < NotAfter;

    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{nameof(RealmSecret)} {Id}";
}

/// <summary>What the clients of a realm may do. Null leaves the edge's own setting.</summary>
public sealed record RealmPolicy
{
    /// <summary>Concurrent allocations of one user in the cluster; 0 is no limit.</summary>
    public int? AllocationsPerUser { get; init; }

    /// <summary>Concurrent allocations of the realm in the cluster; 0 is no limit.</summary>
    public int? AllocationsPerRealm { get; init; }

    /// <summary>Permissions of one allocation.</summary>
    public int? PermissionsPerAllocation { get; init; }

    /// <summary>Channels of one allocation.</summary>
    public int? ChannelsPerAllocation { get; init; }

    /// <summary>New peer addresses a second of one allocation; 0 is no limit.</summary>
    public int? NewPeersPerSecondPerAllocation { get; init; }

    /// <summary>Packets a second of one allocation, each direction; 0 is no limit.</summary>
    public long? PacketsPerSecondPerAllocation { get; init; }

    /// <summary>Bits a second of one allocation, each direction; 0 is no limit.</summary>
    public long? BitsPerSecondPerAllocation { get; init; }

    /// <summary>Bits a second that one user's allocations share, each direction; 0 is no limit.</summary>
    public long? BitsPerSecondPerUser { get; init; }

    /// <summary>Seconds of an allocation that asks for no lifetime.</summary>
    public int? AllocationLifetime { get; init; }

    /// <summary>Seconds that an allocation may ask for.</summary>
    public int? MaxAllocationLifetime { get; init; }

    /// <summary>Seconds that an issued credential may live.</summary>
    public int? MaxCredentialLifetime { get; init; }

    /// <summary>CIDR ranges opened in spite of the built-in denials.</summary>
    public IReadOnlyList<string>? PeersAllowPrivate { get; init; }

    /// <summary>CIDR ranges allowed.</summary>
    public IReadOnlyList<string>? PeersAllow { get; init; }

    /// <summary>CIDR ranges denied.</summary>
    public IReadOnlyList<string>? PeersDeny { get; init; }

    /// <summary>Bytes that one user may relay in a period.</summary>
    public ByteQuota? BytesPerUser { get; init; }

    /// <summary>Bytes that the realm may relay in a period.</summary>
    public ByteQuota? BytesPerRealm { get; init; }
}

/// <summary>A calendar period in UTC.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<QuotaPeriod>))]
public enum QuotaPeriod
{
    /// <summary>From minute 0.</summary>
    Hour,

    /// <summary>From 00:00.</summary>
    Day,

    /// <summary>From the first of the month.</summary>
    Month,
}

/// <summary>What happens when a byte quota is used up.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<QuotaAction>))]
public enum QuotaAction
{
    /// <summary>An event, nothing more.</summary>
    Notify,

    /// <summary>No new allocations until the next period; those that are there go on.</summary>
    RefuseNew,

    /// <summary>Those that are there end as well.</summary>
    End,
}

/// <summary>A limit on relayed bytes.</summary>
/// <param name="Bytes">Both directions together.</param>
/// <param name="Period">After which the count starts again.</param>
/// <param name="Action">What happens at the limit.</param>
public sealed record ByteQuota(long Bytes, QuotaPeriod Period, QuotaAction Action);
