using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>
/// Remembers deletions for as long as a client may retransmit them (RFC 8489 section 6.3.1: 40 s), so that a lost answer to a
/// Refresh with LIFETIME 0 is given again instead of 437. A ring: the oldest makes room.
/// </summary>
internal sealed class RecentDeletions
{
    private const int Capacity = 512;
    private const long RememberMilliseconds = 40_000;

    private readonly Deletion[] _ring = new Deletion[Capacity];

    // Of the same places, packed so that a look through all of them is a few dozen comparisons of whole vectors.
    private readonly int[] _hashes = new int[Capacity];
    private int _next;

    private readonly record struct Deletion(FiveTuple FiveTuple, TransactionId TransactionId, long ForgetAt);

    public void Add(in FiveTuple fiveTuple, in TransactionId transactionId, long now)
    {
        _ring[_next] = new Deletion(fiveTuple, transactionId, now + RememberMilliseconds);
        _hashes[_next] = transactionId.GetHashCode();
        _next = (_next + 1) % Capacity;
    }

    public bool Contains(in FiveTuple fiveTuple, in TransactionId transactionId, long now)
    {
        int hash = transactionId.GetHashCode();
        for (int place = 0; Array.IndexOf(_hashes, hash, place) is var found and >= 0; place = found + 1)
        {
            ref readonly Deletion deletion = ref _ring[found];
            if (deletion.ForgetAt > now
                && deletion.TransactionId.Equals(transactionId)
                && deletion.FiveTuple.Matches(fiveTuple))
            {
                return true;
            }
        }

        return false;
    }
}
