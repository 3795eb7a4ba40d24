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
    private int _next;

    private readonly record struct Deletion(FiveTuple FiveTuple, TransactionId TransactionId, long ForgetAt);

    public void Add(in FiveTuple fiveTuple, in TransactionId transactionId, long now)
    {
        _ring[_next] = new Deletion(fiveTuple, transactionId, now + RememberMilliseconds);
        _next = (_next + 1) % Capacity;
    }

    public bool Contains(in FiveTuple fiveTuple, in TransactionId transactionId, long now)
    {
        foreach (ref readonly Deletion deletion in _ring.AsSpan())
        {
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
