using System.Diagnostics;

namespace Turnpike.Cluster;

/// <summary>What this edge holds for one user of a scope. Guarded by the ledger's lock.</summary>
internal sealed class LeaseUser(string name)
{
    private LinkedList<LeaseClaim>? _waiting;

    public string Name { get; } = name;

    /// <summary>Granted here and not released; what is reserved for requests that still wait for another scope is in it.</summary>
    public int InUse { get; set; }

    /// <summary>
    /// What the store counts for this edge, at the least: while a call is under way that sets the count, the lower one of both.
    /// More in use than this is still to be told (granted without asking); less in use is slack, which may be granted at once.
    /// </summary>
    public int Floor { get; set; }

    /// <summary>A call that set the count has an unknown outcome.</summary>
    public bool Unsure { get; set; }

    /// <summary>What the other edges hold, by the store's last answer.</summary>
    public int Others { get; set; }

    /// <summary>Part of the call under way.</summary>
    public bool Called { get; set; }

    public bool InSyncQueue { get; set; }

    public bool InClaimQueue { get; set; }

    /// <summary>Undecided requests that name it, whatever they wait for.</summary>
    public int Requests { get; set; }

    /// <summary>What the cluster counts, as far as it is known here, with all that is being asked for.</summary>
    public int Expected => InUse + Others + WaitingCount;

    /// <summary>Requests that wait for one more, in the order in which they came.</summary>
    public int WaitingCount => _waiting?.Count ?? 0;

    public LeaseClaim? FirstWaiting => _waiting?.First?.Value;

    public LeaseClaim? LastWaiting => _waiting?.Last?.Value;

    public int Slack => Floor - InUse;

    public bool NeedsSync => Unsure || Floor != InUse;

    public bool IsEmpty => InUse == 0 && Floor == 0 && !Unsure && !Called && Requests == 0;

    /// <summary>Adds the spans of those who wait, up to so many in all.</summary>
    public void AddCauses(List<ActivityContext> causes, int most)
    {
        LinkedListNode<LeaseClaim>? next = _waiting?.First;
        while (next is not null && causes.Count < most)
        {
            if (next.Value.Request.Cause != default)
            {
                causes.Add(next.Value.Request.Cause);
            }
            next = next.Next;
        }
    }

    public void Enqueue(LeaseClaim claim) => claim.Place = (_waiting ??= new()).AddLast(claim);

    public void Dequeue(LeaseClaim claim)
    {
        _waiting!.Remove(claim.Place!);
        claim.Place = null;
    }
}
