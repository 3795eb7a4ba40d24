namespace Turnpike.Server;

/// <summary>Something that a <see cref="TimerWheel"/> can hold: an intrusive list node, so that arming a timer allocates nothing.</summary>
public abstract class Timed
{
    internal long DueAt { get; set; }

    internal Timed? NextTimed { get; set; }

    internal Timed? PreviousTimed { get; set; }

    /// <summary>The wheel's slot that holds this entry; -1 when none does.</summary>
    internal int TimerSlot { get; set; } = -1;
}

/// <summary>
/// One hashed timer wheel a shard. Slots are a quarter of a second wide, and a turn is longer than the longest lifetime that is granted unless
/// told otherwise (an hour), so that a tick looks at what is due and at nothing else, however many entries there are. One that is farther away
/// than a turn waits in its slot and is looked at once a turn. Entries that were extended since (a Refresh) are re-armed by their owner when they come up, so
/// extending costs nothing.
/// </summary>
internal sealed class TimerWheel
{
    public const int SlotMilliseconds = 250;
    private const int Slots = 16_384;

    private readonly Timed?[] _slots = new Timed?[Slots];
    private long _tick;
    private Timed? _cursor;
    private bool _started;

    /// <summary>How many entries have been looked at so far.</summary>
    public long Looked { get; private set; }

    /// <summary>Arms an entry, or moves one that is armed already.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="dueAt">When, in milliseconds of the server's clock; comes up at most one slot later.</param>
    public void Arm(Timed entry, long dueAt)
    {
        Disarm(entry);
        entry.DueAt = dueAt;
        long tick = Math.Max((dueAt + SlotMilliseconds - 1) / SlotMilliseconds, _tick + 1);
        int slot = (int)(tick % Slots);
        entry.TimerSlot = slot;
        entry.NextTimed = _slots[slot];
        if (entry.NextTimed is { } next)
        {
            next.PreviousTimed = entry;
        }

        _slots[slot] = entry;
    }

    public void Disarm(Timed entry)
    {
        if (entry.TimerSlot < 0)
        {
            return;
        }

        if (ReferenceEquals(_cursor, entry))
        {
            _cursor = entry.NextTimed;
        }

        if (entry.PreviousTimed is { } previous)
        {
            previous.NextTimed = entry.NextTimed;
        }
        else
        {
            _slots[entry.TimerSlot] = entry.NextTimed;
        }

        if (entry.NextTimed is { } next)
        {
            next.PreviousTimed = entry.PreviousTimed;
        }

        entry.NextTimed = entry.PreviousTimed = null;
        entry.TimerSlot = -1;
    }

    /// <summary>Takes out one entry that is due; null when none is left for <paramref name="now"/>.</summary>
    public Timed? TakeDue(long now)
    {
        long target = now / SlotMilliseconds;
        if (!_started)
        {
            // The clock's zero is the caller's; one turn covers every slot that can hold something by now.
            _started = true;
            _tick = Math.Max(_tick, target - Slots);
            _cursor = _slots[(int)(_tick % Slots)];
        }

        while (true)
        {
            while (_cursor is { } entry)
            {
                _cursor = entry.NextTimed;
                Looked++;
                if (entry.DueAt <= now)
                {
                    Disarm(entry);
                    return entry;
                }
            }

            if (_tick >= target)
            {
                return null;
            }

            // After a long silence one full turn is enough to see every entry.
            _tick = Math.Max(_tick + 1, target - Slots + 1);
            _cursor = _slots[(int)(_tick % Slots)];
        }
    }
}
