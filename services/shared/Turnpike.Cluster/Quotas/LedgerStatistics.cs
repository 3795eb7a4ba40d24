namespace Turnpike.Cluster;

/// <summary>What a <see cref="LeaseLedger"/> has done since it was made, and where it stands.</summary>
public sealed record LedgerStatistics
{
    /// <summary>Allocations granted, in whatever way.</summary>
    public long Granted { get; init; }

    /// <summary>Of these, the ones granted at once from what the store still counts for this edge.</summary>
    public long GrantedFromSlack { get; init; }

    /// <summary>Of these, the ones granted by the local share, with the store away.</summary>
    public long GrantedLocally { get; init; }

    /// <summary>Refused because of the user's limit.</summary>
    public long UserQuotaReached { get; init; }

    /// <summary>Refused because of the realm's limit.</summary>
    public long RealmQuotaReached { get; init; }

    /// <summary>Refused because of the cluster's limit.</summary>
    public long TotalQuotaReached { get; init; }

    /// <summary>Not decided, because the store was away.</summary>
    public long Unavailable { get; init; }

    /// <summary>Scripts run in the store.</summary>
    public long Calls { get; init; }

    /// <summary>Scripts whose outcome stayed unknown.</summary>
    public long Failures { get; init; }

    /// <summary>Times that the store no longer knew what this edge holds of a realm, and all of it was set again.</summary>
    public long Restores { get; init; }

    /// <summary>Dead edges whose quota this edge gave back, a realm at a time.</summary>
    public long Reaped { get; init; }

    /// <summary>Releases of something that was not held: a fault of the caller.</summary>
    public long UnmatchedReleases { get; init; }

    /// <summary>Allocations counted now.</summary>
    public int InUse { get; init; }

    /// <summary>Requests that wait for the store now.</summary>
    public int Pending { get; init; }

    /// <summary>Whether new allocations are decided by the local share now.</summary>
    public bool Local { get; init; }
}
