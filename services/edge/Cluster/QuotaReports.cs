using Turnpike.Cluster;
using Turnpike.Server;

namespace Turnpike.Edge.Cluster;

/// <summary>
/// Turns quotas that are used up into events. A client that is refused asks again and again; the log says it once a minute.
/// </summary>
/// <param name="write">Takes the events.</param>
/// <param name="edgeId">This edge.</param>
/// <param name="time">The source of time.</param>
internal sealed class QuotaReports(Action<ClusterEvent> write, string edgeId, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    // So many users that are refused within a minute need no more lines to be noticed.
    private const int MaxRemembered = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Realm, string User, string Reason), long> _told = [];

    /// <summary>An Allocate was refused.</summary>
    public void OnRefused(string realm, string user, QuotaDecision decision)
    {
        string? reason = decision switch
        {
            QuotaDecision.UserQuotaReached => "allocations_per_user",
            QuotaDecision.RealmQuotaReached => "allocations_per_realm",
            QuotaDecision.ServerQuotaReached => "allocations",
            QuotaDecision.ByteQuotaReached => "bytes",
            _ => null,
        };
        if (reason is not null && MayTell((realm, user, reason)))
        {
            Write(realm, user, reason);
        }
    }

    /// <summary>The bytes of a period are used up, which the ledger says once a period.</summary>
    public void OnBytesReached(ByteQuotaReached reached) =>
        Write(reached.Realm, reached.User ?? "", reached.User is null ? "bytes_per_realm" : "bytes_per_user");

    private void Write(string realm, string user, string reason) => write(new ClusterEvent
    {
        Kind = EventKind.QuotaReached,
        Realm = realm,
        User = user,
        Tag = "",
        Edge = edgeId,
        At = time.GetUtcNow(),
        Reason = reason,
    });

    private bool MayTell((string, string, string) what)
    {
        long now = time.GetTimestamp();
        lock (_lock)
        {
            if (_told.TryGetValue(what, out long before) && time.GetElapsedTime(before, now) < Pause)
            {
                return false;
            }

            if (_told.Count >= MaxRemembered)
            {
                _told.Clear();
            }

            _told[what] = now;
            return true;
        }
    }
}
