namespace Turnpike.Cluster;

/// <summary>Concurrent allocations that are allowed, counted over all edges; 0 = no limit.</summary>
/// <param name="PerUser">Of one user of the realm.</param>
/// <param name="PerRealm">Of the realm.</param>
/// <param name="Total">Of all realms together.</param>
public readonly record struct LeaseLimits(int PerUser, int PerRealm, int Total)
{
    /// <summary>Whether the realm or its user has a limit.</summary>
    internal bool OfRealm => PerUser > 0 || PerRealm > 0;
}

/// <summary>How asking for one more allocation ended.</summary>
public enum LeaseDecision
{
    /// <summary>Counted; to be given back with <see cref="LeaseLedger.Release"/>.</summary>
    Granted,

    /// <summary>The user has as many as it may.</summary>
    UserQuotaReached,

    /// <summary>The realm has as many as it may.</summary>
    RealmQuotaReached,

    /// <summary>The cluster has as many as it may.</summary>
    TotalQuotaReached,

    /// <summary>The store is away and <see cref="WhenStoreUnavailable.Deny"/> holds, or the ledger is closed.</summary>
    Unavailable,

    /// <summary>The store is being asked; the answer comes through the callback.</summary>
    Pending,
}

/// <summary>Who decides about new allocations while the store is away.</summary>
public enum WhenStoreUnavailable
{
    /// <summary>
    /// Each edge by itself, up to max(1, floor(limit / edges)) by its own count. With E edges the cluster then holds at most
    /// limit + E · max(1, floor(limit / E)); what an edge held before stays.
    /// </summary>
    LocalShare,

    /// <summary>Nobody: what has a limit is refused (<see cref="LeaseDecision.Unavailable"/>).</summary>
    Deny,
}
