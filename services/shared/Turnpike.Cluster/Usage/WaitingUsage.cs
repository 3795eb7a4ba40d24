using System.Runtime.InteropServices;

namespace Turnpike.Cluster;

/// <summary>
/// One realm's usage that the store has not acknowledged. Not safe for threads: <see cref="RealmUsage"/> locks. What waits is bounded
/// without dropping anything: while the store is away, all but the last minutes are merged into their hour, and all but the last hours
/// into their day, so there are at most 10 + 48 rows for each field, and one more a day.
/// </summary>
internal sealed class WaitingUsage
{
    /// <summary>Rows of one batch: what keeps the script within some milliseconds.</summary>
    internal const int MaxBatchRows = 250;

    internal const int MaxMinutes = 10;
    internal const int MaxHours = 48;

    private readonly SortedDictionary<UsageSlot, Slot> _slots = [];
    private UsageBatch? _outgoing;
    private long _number;

    /// <summary>Rows that wait, those of the outgoing batch included.</summary>
    public int Rows => _slots.Values.Sum(slot => slot.Lines.Count) + (_outgoing?.Rows ?? 0);

    /// <summary>When the oldest of what waits was added, or null.</summary>
    public long? OldestAt
    {
        get
        {
            long? oldest = _outgoing?.OldestAt;
            foreach (Slot slot in _slots.Values)
            {
                oldest = oldest is null ? slot.OldestAt : Math.Min(oldest.Value, slot.OldestAt);
            }
            return oldest;
        }
    }

    public void Add(string user, string tag, in UsageAmount amount, long nowMilliseconds)
    {
        UsageSlot minute = new(UsageCalendar.Start(UsageBucket.Minute, nowMilliseconds / 1000), UsageBucket.Minute);
        bool known = _slots.TryGetValue(minute, out Slot? slot);
        slot ??= new Slot(nowMilliseconds);
        slot.Add(UsageField.Realm, amount);
        slot.Add(UsageField.Tag(tag), amount);
        slot.Add(UsageField.User(user), amount);
        if (!known)
        {
            _slots.Add(minute, slot);
            Merge(UsageBucket.Minute, MaxMinutes);
            Merge(UsageBucket.Hour, MaxHours);
        }
    }

    /// <summary>The batch to write: the one that has no answer yet, or the oldest rows; null where nothing waits.</summary>
    public UsageBatch? Next()
    {
        if (_outgoing is null && _slots.Count > 0)
        {
            List<UsageGroup> groups = [];
            long oldest = long.MaxValue;
            int room = MaxBatchRows;
            while (room > 0 && _slots.Count > 0)
            {
                (UsageSlot key, Slot slot) = _slots.First();
                List<UsageLine> lines = slot.Take(room);
                groups.Add(new UsageGroup(key, lines));
                oldest = Math.Min(oldest, slot.OldestAt);
                room -= lines.Count;
                if (slot.Lines.Count == 0)
                {
                    _ = _slots.Remove(key);
                }
            }
            _outgoing = new UsageBatch(++_number, groups, oldest);
        }
        return _outgoing;
    }

    /// <summary>The store has the batch.</summary>
    public void Acknowledge() => _outgoing = null;

    /// <summary>Bytes of a field that wait for the store and belong to the time from <paramref name="start"/> on.</summary>
    public long Bytes(UsageField field, long start)
    {
        long bytes = 0;
        foreach ((UsageSlot key, Slot slot) in _slots)
        {
            if (key.Start >= start && slot.Lines.TryGetValue(field, out UsageAmount amount))
            {
                bytes += amount.Bytes;
            }
        }
        foreach (UsageGroup group in _outgoing?.Groups ?? [])
        {
            if (group.Slot.Start >= start)
            {
                bytes += group.Lines.Where(line => line.Field == field).Sum(line => line.Amount.Bytes);
            }
        }
        return bytes;
    }

    /// <summary>Merges the oldest spans of a size into the next larger size until at most <paramref name="most"/> are left.</summary>
    private void Merge(UsageBucket size, int most)
    {
        var spans = _slots.Keys.Where(slot => slot.Size == size).ToList();
        foreach (UsageSlot span in spans.Take(spans.Count - most))
        {
            UsageBucket larger = size + 1;
            UsageSlot whole = new(UsageCalendar.Start(larger, span.Start), larger);
            Slot from = _slots[span];
            if (_slots.TryGetValue(whole, out Slot? into))
            {
                into.Add(from);
            }
            else
            {
                _slots.Add(whole, from);
            }
            _ = _slots.Remove(span);
        }
    }

    private sealed class Slot(long oldestAt)
    {
        public Dictionary<UsageField, UsageAmount> Lines { get; } = [];

        public long OldestAt { get; private set; } = oldestAt;

        public void Add(UsageField field, in UsageAmount amount)
        {
            ref UsageAmount sum = ref CollectionsMarshal.GetValueRefOrAddDefault(Lines, field, out _);
            sum += amount;
        }

        public void Add(Slot other)
        {
            OldestAt = Math.Min(OldestAt, other.OldestAt);
            foreach ((UsageField field, UsageAmount amount) in other.Lines)
            {
                Add(field, amount);
            }
        }

        public List<UsageLine> Take(int most)
        {
            List<UsageLine> lines = [.. Lines.Take(most).Select(line => new UsageLine(line.Key, line.Value))];
            foreach (UsageLine line in lines)
            {
                _ = Lines.Remove(line.Field);
            }
            return lines;
        }
    }
}
