using Turnpike.Cluster;
using Turnpike.Edge.Transport;
using Turnpike.Server;

namespace Turnpike.Edge.Cluster;

/// <summary>
/// Ends the live allocations of what was revoked. Each new set of revocations is held against all allocations; and each new allocation
/// against the set, since its credential may have been revoked while it was being made.
/// </summary>
internal sealed class Revoker
{
    private readonly AllocationRegistry _registry;
    private readonly Action<ClusterEvent> _write;
    private readonly string _edgeId;
    private readonly TimeProvider _time;
    private IReadOnlyList<IShardInbox> _shards = [];
    private volatile RevocationSet _revoked = RevocationSet.Empty;
    private long _ended;

    public Revoker(AllocationRegistry registry, Action<ClusterEvent> write, string edgeId, TimeProvider time)
    {
        _registry = registry;
        _write = write;
        _edgeId = edgeId;
        _time = time;
        // Whatever comes between the two looks, at the set and at the allocations, is seen by one of them.
        registry.Began += allocation => EndIfRevoked(allocation, []);
    }

    /// <summary>What is revoked now.</summary>
    public RevocationSet Revoked => _revoked;

    /// <summary>Allocations that were ended so far.</summary>
    public long Ended => Interlocked.Read(ref _ended);

    public void Serve(IReadOnlyList<IShardInbox> shards) => _shards = shards;

    /// <summary>Puts a set into force, unless it is the one that is.</summary>
    public void Use(RevocationSet revoked)
    {
        if (ReferenceEquals(revoked, _revoked))
        {
            return;
        }

        _revoked = revoked;
        HashSet<(string, string)> told = [];
        foreach (LiveAllocation allocation in _registry.All)
        {
            EndIfRevoked(allocation, told);
        }
    }

    private void EndIfRevoked(LiveAllocation allocation, HashSet<(string Realm, string Username)> told)
    {
        RevocationSet revoked = _revoked;
        if (revoked.Count == 0 || !revoked.IsRevoked(
            allocation.Realm, allocation.Username, allocation.User, allocation.Tag, allocation.IssuedAt, _time.GetUtcNow().ToUnixTimeSeconds()))
        {
            return;
        }

        long id = allocation.Id;
        _shards[allocation.Shard].Post(server =>
        {
            if (server.EndAllocation(id, AllocationEnd.Revoked))
            {
                Interlocked.Increment(ref _ended);
            }
        });
        if (told.Add((allocation.Realm, allocation.Username)))
        {
            _write(new ClusterEvent
            {
                Kind = EventKind.CredentialRevoked,
                Realm = allocation.Realm,
                User = allocation.User,
                Tag = allocation.Tag,
                Edge = _edgeId,
                Allocation = id,
                At = _time.GetUtcNow(),
                Reason = "revoked",
            });
        }
    }
}
