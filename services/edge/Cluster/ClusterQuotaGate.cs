using Turnpike.Cluster;
using Turnpike.Edge.Tracing;
using Turnpike.Edge.Transport;
using Turnpike.Server;

namespace Turnpike.Edge.Cluster;

/// <summary>
/// Asks for allocations of one shard in the name of all edges: leases of the cluster, and the bytes of the running period. What the
/// store has to be asked for comes through the shard's inbox.
/// </summary>
/// <param name="realms">The limits.</param>
/// <param name="ledger">The leases.</param>
/// <param name="isBlocked">Whether the bytes of a realm or its user are used up.</param>
/// <param name="report">Is told of what was refused.</param>
/// <param name="traces">The spans of the shard's allocations; null where they have none.</param>
internal sealed class ClusterQuotaGate(
    RealmTable realms,
    LeaseLedger ledger,
    Func<string, string, bool> isBlocked,
    Action<string, string, QuotaDecision> report,
    ShardTraces? traces = null) : IQuotaGate
{
    private IShardInbox? _shard;

    /// <summary>Names the shard, once it is there.</summary>
    public void Serve(IShardInbox shard) => _shard = shard;

    public QuotaDecision TryAcquire(string realm, string user, long ticket)
    {
        if (isBlocked(realm, user))
        {
            return Tell(realm, user, QuotaDecision.ByteQuotaReached);
        }

        // A realm that is gone keeps the edge's own limits for what is still on its way.
        LeaseLimits limits = (realms.Realms.GetValueOrDefault(realm) ?? realms.Own).Leases;
        AllocationSpan? span = null;
        LeaseDecision decision = ledger.TryAcquire(
            realm,
            user,
            limits,
            answer =>
            {
                QuotaDecision late = Tell(realm, user, Of(answer));
                _shard!.Ask((server, now) =>
                {
                    traces?.Resume(span);
                    Egress egress = server.CompleteQuota(ticket, realm, user, late, now);
                    traces?.Settle(realm, late);
                    return egress;
                });
            },
            traces is null ? null : () => (span = traces.Begin())?.Context ?? default);
        return Tell(realm, user, Of(decision));
    }

    public void Release(string realm, string user) => ledger.Release(realm, user);

    private static QuotaDecision Of(LeaseDecision decision) => decision switch
    {
        LeaseDecision.Granted => QuotaDecision.Granted,
        LeaseDecision.UserQuotaReached => QuotaDecision.UserQuotaReached,
        LeaseDecision.RealmQuotaReached => QuotaDecision.RealmQuotaReached,
        LeaseDecision.TotalQuotaReached => QuotaDecision.ServerQuotaReached,
        LeaseDecision.Pending => QuotaDecision.Pending,
        _ => QuotaDecision.Unavailable,
    };

    private QuotaDecision Tell(string realm, string user, QuotaDecision decision)
    {
        if (decision is not (QuotaDecision.Granted or QuotaDecision.Pending))
        {
            report(realm, user, decision);
        }

        return decision;
    }
}
