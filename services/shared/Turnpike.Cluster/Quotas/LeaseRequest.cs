using System.Diagnostics;

namespace Turnpike.Cluster;

/// <summary>One allocation that waits for the store: it needs one unit of its realm, and one of the total where that has a limit.</summary>
internal sealed class LeaseRequest(long deadline, in LeaseLimits limits, Action<LeaseDecision> completed)
{
    /// <summary>When it is decided without the store; a timestamp of the time provider.</summary>
    public long Deadline { get; } = deadline;

    public LeaseLimits Limits { get; } = limits;

    public Action<LeaseDecision> Completed { get; } = completed;

    /// <summary>The span of who waits; default where that is not traced.</summary>
    public ActivityContext Cause { get; init; }

    /// <summary>Pending until it is settled, which happens once.</summary>
    public LeaseDecision Decision { get; private set; } = LeaseDecision.Pending;

    public required LeaseClaim Realm { get; init; }

    public required LeaseClaim Total { get; init; }

    /// <summary>Its place in the ledger's list of what is pending.</summary>
    public LinkedListNode<LeaseRequest>? Place { get; set; }

    public bool IsMet => Realm.IsMet && Total.IsMet;

    public void Settle(LeaseDecision decision, List<LeaseRequest> settled)
    {
        Decision = decision;
        if (Place is { List: { } list } place)
        {
            list.Remove(place);
        }
        Realm.Scope.Count(decision);
        settled.Add(this);
    }
}

/// <summary>
/// One unit of one scope that a request needs. It waits for the store (<see cref="Place"/>), or is met, or, of the total, is put off
/// until the realm's is met.
/// </summary>
internal sealed class LeaseClaim(LeaseScope scope, LeaseUser user)
{
    public LeaseScope Scope { get; } = scope;

    public LeaseUser User { get; } = user;

    public LeaseRequest Request { get; set; } = null!;

    /// <summary>There is no limit: met without a unit reserved, which is counted with the grant.</summary>
    public bool IsFree { get; init; }

    /// <summary>The unit is reserved (in the user's <see cref="LeaseUser.InUse"/>), or need not be.</summary>
    public bool IsMet { get; set; }

    /// <summary>Its place among the user's waiting ones, while it waits.</summary>
    public LinkedListNode<LeaseClaim>? Place { get; set; }

    /// <summary>Rises from claim to claim of a scope.</summary>
    public long Number { get; set; }
}
