namespace Turnpike.Cluster;

/// <summary>The running counts behind <see cref="LedgerStatistics"/>. Guarded by the ledger's lock.</summary>
internal sealed class LedgerCounters
{
    private readonly long[] _decisions = new long[(int)LeaseDecision.Pending + 1];

    public long GrantedFromSlack { get; set; }

    public long GrantedLocally { get; set; }

    public long Calls { get; set; }

    public long Failures { get; set; }

    public long Restores { get; set; }

    public long Reaped { get; set; }

    public long UnmatchedReleases { get; set; }

    public void Count(LeaseDecision decision) => _decisions[(int)decision]++;

    public LedgerStatistics ToStatistics(int inUse, int pending, bool local) => new()
    {
        Granted = _decisions[(int)LeaseDecision.Granted],
        GrantedFromSlack = GrantedFromSlack,
        GrantedLocally = GrantedLocally,
        UserQuotaReached = _decisions[(int)LeaseDecision.UserQuotaReached],
        RealmQuotaReached = _decisions[(int)LeaseDecision.RealmQuotaReached],
        TotalQuotaReached = _decisions[(int)LeaseDecision.TotalQuotaReached],
        Unavailable = _decisions[(int)LeaseDecision.Unavailable],
        Calls = Calls,
        Failures = Failures,
        Restores = Restores,
        Reaped = Reaped,
        UnmatchedReleases = UnmatchedReleases,
        InUse = inUse,
        Pending = pending,
        Local = local,
    };
}
