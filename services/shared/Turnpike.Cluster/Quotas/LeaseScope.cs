using StackExchange.Redis;

namespace Turnpike.Cluster;

/// <summary>
/// What this edge holds of one quota: a realm's with its users, or, as realm <c>*</c> with one user, the cluster's. Decides what the
/// next call to the store says and takes in its answer. Guarded by the ledger's lock.
/// </summary>
internal sealed partial class LeaseScope
{
    /// <summary>The one user of the scope "all of the cluster".</summary>
    public const string AllUsers = "*";

    private readonly LeaseContext _context;
    private readonly Dictionary<string, LeaseUser> _users = new(StringComparer.Ordinal);
    private readonly RedisKey[] _keys;
    private long _claims;

    public LeaseScope(string realm, LeaseContext context)
    {
        Realm = realm;
        IsTotal = realm == ClusterKeys.AllRealms;
        IsTracked = !IsTotal;
        _context = context;
        _keys = [Key("edges"), Key("sequence"), Key("held:" + ClusterKeys.Encode(Edge)), Key("users"), Key("total")];
    }

    public string Realm { get; }

    public string Edge => _context.EdgeId;

    public bool IsTotal { get; }

    /// <summary>Whether the store is told; the total's counts matter to nobody before there is a limit.</summary>
    public bool IsTracked { get; private set; }

    public int UserLimit { get; private set; }

    public int ScopeLimit { get; private set; }

    /// <summary>All users together.</summary>
    public int InUse { get; private set; }

    /// <summary>A pump makes calls for it.</summary>
    public bool IsPumping { get; set; }

    /// <summary>The store came back while a call was under way that may still fail.</summary>
    public bool IsWoken { get; set; }

    /// <summary>Its last call failed, and that was logged.</summary>
    public bool IsFailing { get; set; }

    public int UserCount => _users.Count;

    /// <summary>Requests that wait for a unit of this scope.</summary>
    public int WaitingCount { get; private set; }

    /// <summary>Nothing here and nothing in the store.</summary>
    public bool IsForgettable => _users.Count == 0 && !_mayBeThere && !IsPumping && !IsTotal;

    public void Count(LeaseDecision decision) => _context.Counters.Count(decision);

    public void Limit(int perUser, int inAll)
    {
        UserLimit = perUser;
        ScopeLimit = inAll;
    }

    public void Track()
    {
        if (!IsTracked)
        {
            IsTracked = true;
            foreach (LeaseUser user in _users.Values)
            {
                QueueSync(user);
            }
        }
    }

    public LeaseUser? Find(string user) => _users.GetValueOrDefault(user);

    public LeaseUser UserOf(string name)
    {
        if (!_users.TryGetValue(name, out LeaseUser? user))
        {
            user = new LeaseUser(name);
            _users.Add(name, user);
        }
        return user;
    }

    /// <summary>Counts one more, granted or reserved.</summary>
    public void Take(LeaseUser user)
    {
        user.InUse++;
        InUse++;
        QueueSync(user);
    }

    /// <summary>Counts one less; who waits for it gets it.</summary>
    public void Give(LeaseUser user, List<LeaseRequest> settled)
    {
        user.InUse--;
        InUse--;
        Assign(user, settled);
        Tidy(user);
    }

    /// <summary>The claim is asked for; what is there already is its own.</summary>
    public void Wait(LeaseClaim claim, List<LeaseRequest> settled)
    {
        claim.Number = ++_claims;
        claim.User.Enqueue(claim);
        WaitingCount++;
        Assign(claim.User, settled);
        QueueClaims(claim.User);
    }

    /// <summary>Decides a request: what it has not got is counted without asking, or what it has got goes back.</summary>
    public static void End(LeaseRequest request, LeaseDecision decision, List<LeaseRequest> settled)
    {
        request.Settle(decision, settled);
        foreach (LeaseClaim claim in (ReadOnlySpan<LeaseClaim>)[request.Realm, request.Total])
        {
            LeaseScope scope = claim.Scope;
            bool isReserved = claim.IsMet && !claim.IsFree;
            claim.User.Requests--;
            if (claim.Place is not null)
            {
                scope.StopWaiting(claim);
            }
            if (decision == LeaseDecision.Granted && !isReserved)
            {
                scope.Take(claim.User);
            }
            else if (decision != LeaseDecision.Granted && isReserved)
            {
                scope.Give(claim.User, settled);
            }
            scope.Tidy(claim.User);
        }
    }

    /// <summary>Drops a user of whom there is nothing to say, so that names seen once do not stay for ever.</summary>
    public void Tidy(LeaseUser user)
    {
        QueueSync(user);
        if (user.IsEmpty)
        {
            _users.Remove(user.Name);
        }
    }

    public RedisKey[] KeysOf(string edge) =>
        edge == Edge ? _keys : [_keys[0], _keys[1], Key("held:" + ClusterKeys.Encode(edge)), _keys[3], _keys[4]];

    private RedisKey Key(string name) => _context.Keys.Quota(Realm, name);

    private void StopWaiting(LeaseClaim claim)
    {
        claim.User.Dequeue(claim);
        WaitingCount--;
    }

    /// <summary>Slack goes to who waits, in the order of arrival.</summary>
    private void Assign(LeaseUser user, List<LeaseRequest> settled)
    {
        while (user.Slack > 0 && user.FirstWaiting is LeaseClaim claim)
        {
            StopWaiting(claim);
            claim.IsMet = true;
            Take(user);
            LeaseRequest request = claim.Request;
            if (request.IsMet)
            {
                End(request, LeaseDecision.Granted, settled);
            }
            else if (claim == request.Realm && request.Total.Place is null)
            {
                request.Total.Scope.Wait(request.Total, settled);
            }
        }
    }
}

/// <summary>What all scopes of a ledger share.</summary>
internal sealed class LeaseContext(string edgeId, ClusterKeys keys, int leaseMilliseconds)
{
    private long _sequence;

    public string EdgeId { get; } = edgeId;

    public ClusterKeys Keys { get; } = keys;

    public int LeaseMilliseconds { get; } = leaseMilliseconds;

    public LedgerCounters Counters { get; } = new();

    /// <summary>Numbers the calls of this edge, over all scopes and for good: a scope that is forgotten and comes back goes on.</summary>
    public long NextSequence() => ++_sequence;
}
