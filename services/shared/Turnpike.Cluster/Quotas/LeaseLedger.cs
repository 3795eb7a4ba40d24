using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Turnpike.Cluster;

/// <summary>
/// One edge's part of the cluster-wide quotas of concurrent allocations. Grants are leases in the store: an edge that dies holds them
/// no longer than <see cref="ClusterOptions.Lease"/>.
/// </summary>
/// <remarks>
/// <para>While the store answers, no limit is exceeded. Three situations allow a bounded excess:</para>
/// <para>The store is away, or was lost less than one lease ago: each edge grants by its own count up to its share, so that with E edges
/// at most limit + E · max(1, floor(limit / E)) are held.</para>
/// <para>An edge cannot reach the store for longer than its lease: its allocations go on and their quota is given to others, so the
/// excess is what that edge held, and its share. It is counted again as soon as the edge is back, and nothing is granted until the sum
/// is below the limit.</para>
/// <para>A failover of the store loses its last writes: each edge notices at its next call, and sets all of its counts again.</para>
/// <para>Thread-safe; nothing here waits for the store but <see cref="RenewAsync"/> and the end.</para>
/// </remarks>
public sealed partial class LeaseLedger : IAsyncDisposable
{
    private const int RenewedAtOnce = 16;

    private readonly Lock _lock = new();
    private readonly ILeaseStore _store;
    private readonly WhenStoreUnavailable _mode;
    private readonly Func<int> _edges;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action<Action> _post;
    private readonly LeaseContext _context;
    private readonly LedgerCounters _counters;
    private readonly Dictionary<string, LeaseScope> _realms = new(StringComparer.Ordinal);
    private readonly LeaseScope _total;
    private readonly LinkedList<LeaseRequest> _pending = new();
    private readonly ITimer _deadline;
    private readonly long _timeoutTicks;
    private readonly TimeSpan _timeout;
    private readonly CancellationTokenSource _stopping = new();
    private Task _loop = Task.CompletedTask;
    private string? _epoch;
    private long _exactFrom;
    private bool _isDeadlineSet;
    private bool _isClosed;

    /// <summary>Makes the ledger of one edge; <see cref="Start"/> keeps its leases alive.</summary>
    /// <param name="store">The store.</param>
    /// <param name="edgeId">Unique for this run of this edge.</param>
    /// <param name="options">The lease and the timeout.</param>
    /// <param name="mode">Who decides while the store is away.</param>
    /// <param name="edges">Live edges, as last known; called under a lock, so it only reads.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where to log.</param>
    public LeaseLedger(
        ClusterStore store,
        string edgeId,
        ClusterOptions options,
        WhenStoreUnavailable mode,
        Func<int> edges,
        TimeProvider time,
        ILoggerFactory loggers)
        : this(new ClusterLeaseStore(store), edgeId, options, mode, edges, time, loggers, PostToPool)
    {
    }

    internal LeaseLedger(
        ILeaseStore store,
        string edgeId,
        ClusterOptions options,
        WhenStoreUnavailable mode,
        Func<int> edges,
        TimeProvider time,
        ILoggerFactory loggers,
        Action<Action> post)
    {
        _store = store;
        _mode = mode;
        _edges = edges;
        _time = time;
        _logger = loggers.CreateLogger<LeaseLedger>();
        _post = post;
        _context = new LeaseContext(edgeId, store.Keys, options.Lease * 1000);
        _counters = _context.Counters;
        _total = new LeaseScope(ClusterKeys.AllRealms, _context);
        _timeout = TimeSpan.FromMilliseconds(options.Timeout);
        _timeoutTicks = Ticks(options.Timeout);
        _exactFrom = time.GetTimestamp();
        _deadline = time.CreateTimer(_ => OnDeadline(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        store.AvailabilityChanged += OnAvailability;
    }

    /// <summary>What it has done, and where it stands.</summary>
    public LedgerStatistics Statistics
    {
        get
        {
            lock (_lock)
            {
                return _counters.ToStatistics(_total.InUse, _pending.Count, IsLocal);
            }
        }
    }

    /// <summary>The store is away, or was lost so lately that the other edges may not have told it yet what they hold.</summary>
    private bool IsLocal => !_store.IsAvailable || IsRecovering;

    private bool IsRecovering => _time.GetTimestamp() - _exactFrom < 0;

    /// <summary>Asks for one more allocation.</summary>
    /// <param name="realm">The realm.</param>
    /// <param name="user">The user of the realm.</param>
    /// <param name="limits">What is allowed now.</param>
    /// <param name="completed">
    /// Called exactly once, on a pool thread, where the result is <see cref="LeaseDecision.Pending"/>, within
    /// <see cref="ClusterOptions.Timeout"/>; otherwise never.
    /// </param>
    /// <param name="cause">Begins the span that the store is asked for, and tells its name; asked where the result is pending, within the call.</param>
    /// <returns>Granted at once where there is no limit, from slack, and by the local share.</returns>
    public LeaseDecision TryAcquire(
        string realm, string user, in LeaseLimits limits, Action<LeaseDecision> completed, Func<ActivityContext>? cause = null)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return LeaseDecision.Unavailable;
            }
            LeaseScope scope = ScopeOf(realm);
            LeaseUser holder = scope.UserOf(user);
            LeaseUser all = _total.UserOf(LeaseScope.AllUsers);
            scope.Limit(limits.PerUser, limits.PerRealm);
            if (limits.Total > 0)
            {
                _total.Limit(0, limits.Total);
                _total.Track();
            }
            bool realmIsMet = !limits.OfRealm || holder.Slack > 0;
            bool totalIsMet = limits.Total <= 0 || all.Slack > 0;
            LeaseDecision decision = LeaseDecision.Granted;
            if (!realmIsMet || !totalIsMet)
            {
                bool away = !_store.IsAvailable;
                decision = away || IsRecovering
                    ? DecideLocally(scope, holder, limits, !realmIsMet, !totalIsMet)
                    : LeaseDecision.Pending;
                if (decision == LeaseDecision.Granted && !away)
                {
                    // The share bounds what the others may not have told yet; the store bounds what they have.
                    decision = LeaseDecision.Pending;
                }
                _counters.GrantedLocally += decision == LeaseDecision.Granted ? 1 : 0;
            }
            else if (limits.OfRealm || limits.Total > 0)
            {
                _counters.GrantedFromSlack++;
            }
            if (decision == LeaseDecision.Pending)
            {
                Park(new LeaseRequest(_time.GetTimestamp() + _timeoutTicks, limits, completed)
                {
                    Realm = new LeaseClaim(scope, holder) { IsMet = realmIsMet, IsFree = !limits.OfRealm },
                    Cause = cause?.Invoke() ?? default,
                    Total = new LeaseClaim(_total, all) { IsMet = totalIsMet, IsFree = limits.Total <= 0 },
                });
            }
            else
            {
                _counters.Count(decision);
                if (decision == LeaseDecision.Granted)
                {
                    scope.Take(holder);
                    _total.Take(all);
                }
            }
            scope.Tidy(holder);
            _total.Tidy(all);
            StartPump(scope);
            StartPump(_total);
            return decision;
        }
    }

    /// <summary>Gives a granted allocation back.</summary>
    /// <param name="realm">The realm.</param>
    /// <param name="user">The user.</param>
    public void Release(string realm, string user)
    {
        List<LeaseRequest> settled = [];
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }
            if (_realms.GetValueOrDefault(realm) is not { } scope || scope.Find(user) is not { InUse: > 0 } holder)
            {
                _counters.UnmatchedReleases++;
                LogUnmatchedRelease(_logger, realm);
                return;
            }
            scope.Give(holder, settled);
            _total.Give(_total.UserOf(LeaseScope.AllUsers), settled);
            StartPump(scope);
            StartPump(_total);
            AfterSettling(settled);
        }
        if (settled.Count > 0)
        {
            _post(() => Complete(settled));
        }
    }

    /// <summary>Allocations of the user over all edges, as last known: the others' as of the last third of the lease, its own as of now.</summary>
    /// <param name="realm">The realm.</param>
    /// <param name="user">The user.</param>
    public int ClusterCount(string realm, string user)
    {
        lock (_lock)
        {
            return _realms.GetValueOrDefault(realm)?.Find(user) is { } holder ? holder.InUse + holder.Others : 0;
        }
    }

    private static void PostToPool(Action work) => ThreadPool.UnsafeQueueUserWorkItem(static work => work(), work, preferLocal: false);

    private LeaseScope ScopeOf(string realm)
    {
        if (!_realms.TryGetValue(realm, out LeaseScope? scope))
        {
            scope = new LeaseScope(realm, _context);
            _realms.Add(realm, scope);
        }
        return scope;
    }

    /// <summary>What is there is reserved, the rest is waited for.</summary>
    private void Park(LeaseRequest request)
    {
        LeaseClaim realm = request.Realm;
        LeaseClaim total = request.Total;
        request.Place = _pending.AddLast(request);
        foreach (LeaseClaim claim in (ReadOnlySpan<LeaseClaim>)[realm, total])
        {
            claim.Request = request;
            claim.User.Requests++;
            if (claim.IsMet && !claim.IsFree)
            {
                claim.Scope.Take(claim.User);
            }
        }
        // Neither can be decided here and now, because there is no slack in what is not met.
        List<LeaseRequest> settled = [];
        if (!total.IsMet && (realm.IsMet || IsWorthAskingAhead(realm.User, total.User, request.Limits)))
        {
            _total.Wait(total, settled);
        }
        if (!realm.IsMet)
        {
            realm.Scope.Wait(realm, settled);
        }
        if (!_isDeadlineSet)
        {
            _isDeadlineSet = true;
            _deadline.Change(_timeout, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>
    /// Whether the total is asked for together with the realm, which saves a round trip. What it grants for a request that the realm
    /// then refuses keeps others out for a moment, so that is done only where the user seems to have room, and where a fourth of the
    /// total's room is enough for all edges doing the same.
    /// </summary>
    private bool IsWorthAskingAhead(LeaseUser user, LeaseUser all, in LeaseLimits limits) =>
        (limits.PerUser <= 0 || user.Expected < limits.PerUser)
        && 4L * Math.Max(1, _edges()) * (all.WaitingCount + 1) <= limits.Total - (all.InUse + all.Others);

    /// <summary>The rule without the store, for the units that are not reserved yet.</summary>
    private LeaseDecision DecideLocally(LeaseScope scope, LeaseUser user, in LeaseLimits limits, bool ofRealm, bool ofTotal)
    {
        if (_mode == WhenStoreUnavailable.Deny)
        {
            return LeaseDecision.Unavailable;
        }
        int edges = Math.Max(1, _edges());
        return ofRealm && Exceeds(user.InUse, limits.PerUser, edges) ? LeaseDecision.UserQuotaReached
            : ofRealm && Exceeds(scope.InUse, limits.PerRealm, edges) ? LeaseDecision.RealmQuotaReached
            : ofTotal && Exceeds(_total.InUse, limits.Total, edges) ? LeaseDecision.TotalQuotaReached
            : LeaseDecision.Granted;

        static bool Exceeds(int count, int limit, int edges) => limit > 0 && count >= Math.Max(1, limit / edges);
    }

    private long Ticks(long milliseconds) => milliseconds * _time.TimestampFrequency / 1000;
}
