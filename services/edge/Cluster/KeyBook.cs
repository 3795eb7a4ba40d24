using Turnpike.Cluster;
using Turnpike.Edge.Transport;
using Turnpike.Server;

namespace Turnpike.Edge.Cluster;

/// <summary>
/// The keys of nonces and mobility tickets: the cluster's once they are known, and until then one of this process. That one goes on to
/// verify what it has made: nonces for as long as one lives, tickets for as long as the process does.
/// </summary>
/// <param name="nonceLifetime">Of a nonce, in seconds.</param>
internal sealed class KeyBook(int nonceLifetime)
{
    // One of the cluster's keys may have the same number by chance; what the local key made is then asked for anew, once.
    private const byte LocalId = 0;

    private readonly PolicyKeys _local = PolicyKeys.Create(LocalId);
    private ClusterKeyRing? _ring;
    private long _ringSince;

    /// <summary>The cluster's keys; null before they are known.</summary>
    public ClusterKeyRing? Ring => _ring;

    /// <summary>Takes the cluster's keys over; older ones that are still in a caller's hands come too late and are harmless.</summary>
    /// <param name="ring">The keys.</param>
    /// <param name="unixNow">Seconds of Unix time.</param>
    public void Use(ClusterKeyRing ring, long unixNow)
    {
        if (_ring is null)
        {
            _ringSince = unixNow;
        }

        _ring = ring;
    }

    /// <summary>The keys as they are to be used now: the newest that all edges know makes, all verify.</summary>
    /// <param name="unixNow">Seconds of Unix time.</param>
    public PolicyKeys At(long unixNow)
    {
        if (_ring is not { } ring)
        {
            return _local;
        }

        List<NonceKey> nonce = [.. InOrder(ring.Nonce, unixNow).Select(key => new NonceKey(key.Id, key.Secret))];
        List<TicketKey> ticket = [.. InOrder(ring.Ticket, unixNow).Select(key => new TicketKey(key.Id, key.Secret))];
        if (nonce.Count == 0 || unixNow < _ringSince + nonceLifetime)
        {
            nonce.AddRange(_local.Nonce);
        }

        ticket.AddRange(_local.Ticket);
        return new PolicyKeys(nonce, ticket);
    }

    /// <summary>Whether two sets of keys are the same keys in the same order.</summary>
    public static bool AreSame(PolicyKeys one, PolicyKeys other) =>
        one.Nonce.Select(key => (key.Id, Convert.ToHexString(key.Secret))).SequenceEqual(
            other.Nonce.Select(key => (key.Id, Convert.ToHexString(key.Secret))))
        && one.Ticket.Select(key => (key.Id, Convert.ToHexString(key.Secret))).SequenceEqual(
            other.Ticket.Select(key => (key.Id, Convert.ToHexString(key.Secret))));

    // A key that is not active yet may be unknown to another edge: it verifies here, and makes nothing.
    private static IEnumerable<ClusterKey> InOrder(IReadOnlyList<ClusterKey> keys, long unixNow) =>
        keys.OrderBy(key => key.ActiveAt > unixNow).ThenByDescending(key => key.ActiveAt);
}
