using System.Diagnostics.CodeAnalysis;
using Turnpike.Server;

namespace Turnpike.Edge.Transport.Dtls;

/// <summary>
/// A shard's sessions, by 5-tuple for datagrams that arrive and by <see cref="FiveTuple.Path"/> for those that leave. Paths of
/// sessions are negative, those of listeners and connections are not; each names a place and how often that has been used, so that a
/// path which outlives its session leads nowhere.
/// </summary>
/// <param name="limit">Sessions at once.</param>
internal sealed class DtlsSessionTable(int limit)
{
    /// <summary>The most places that a path can tell apart.</summary>
    public const int MaxLimit = 1 << SlotBits;

    private const int SlotBits = 16;
    private const int SlotMask = MaxLimit - 1;
    private const int UseMask = int.MaxValue >> SlotBits;

    private readonly Dictionary<FiveTuple, DtlsSession> _byFiveTuple = [];
    private readonly List<Slot> _slots = [];
    private readonly Stack<int> _free = new();

    public int Count => _byFiveTuple.Count;

    public int Limit { get; } = limit;

    /// <summary>Places that have been used so far, for <see cref="At"/>.</summary>
    public int Places => _slots.Count;

    public bool TryFind(in FiveTuple fiveTuple, [NotNullWhen(true)] out DtlsSession? session) =>
        _byFiveTuple.TryGetValue(fiveTuple, out session);

    /// <summary>The session that a path leads to; null when it is gone.</summary>
    public DtlsSession? ByPath(int path)
    {
        int slot = path & SlotMask;
        DtlsSession? session = slot < _slots.Count ? _slots[slot].Session : null;
        return session?.FiveTuple.Path == path ? session : null;
    }

    /// <summary>The session at a place, if there is one.</summary>
    public DtlsSession? At(int place) => _slots[place].Session;

    /// <summary>Gives a session a place.</summary>
    /// <param name="session">The session.</param>
    /// <param name="client">Its client, as this shard reaches it.</param>
    public void Add(DtlsSession session, DtlsClient client)
    {
        if (!_free.TryPop(out int slot))
        {
            slot = _slots.Count;
            _slots.Add(default);
        }

        int uses = (_slots[slot].Uses + 1) & UseMask;
        session.Settle(client, int.MinValue | (uses << SlotBits) | slot);
        _slots[slot] = new Slot(session, uses);
        _byFiveTuple.Add(session.FiveTuple, session);
    }

    /// <summary>Takes a session out, which may go on elsewhere.</summary>
    public void Remove(DtlsSession session)
    {
        int slot = session.FiveTuple.Path & SlotMask;
        _slots[slot] = _slots[slot] with { Session = null };
        _free.Push(slot);
        _byFiveTuple.Remove(session.FiveTuple);
    }

    private readonly record struct Slot(DtlsSession? Session, int Uses);
}
