namespace Turnpike.Server;

/// <summary>
/// 5-tuple to allocation: open addressing with linear probing and backward-shift deletion, so that a lookup touches one or two
/// cache lines and a deletion leaves no tombstones behind. An allocation that is moving (RFC 8016) is filed under two.
/// </summary>
internal sealed class AllocationTable
{
    private const int InitialCapacity = 64;

    private Slot[] _slots = new Slot[InitialCapacity];
    private int _used;

    private struct Slot
    {
        public uint Hash;

        /// <summary>Filed under the 5-tuple that the allocation is moving to.</summary>
        public bool IsNext;

        public Allocation? Allocation;

        public readonly bool Matches(in FiveTuple tuple) =>
            IsNext ? Allocation!.NextFiveTuple.Matches(tuple) : Allocation!.FiveTuple.Matches(tuple);
    }

    /// <summary>How many allocations there are, moving ones counted once.</summary>
    public int Count { get; private set; }

    public Allocation? Find(in FiveTuple tuple)
    {
        uint hash = AddressHash.Of(tuple);
        Slot[] slots = _slots;
        uint mask = (uint)slots.Length - 1;
        for (uint i = hash & mask; ; i = (i + 1) & mask)
        {
            ref Slot slot = ref slots[i];
            if (slot.Allocation is null)
            {
                return null;
            }

            if (slot.Hash == hash && slot.Matches(tuple))
            {
                return slot.Allocation;
            }
        }
    }

    public void Add(Allocation allocation)
    {
        AddSlot(new Slot { Hash = AddressHash.Of(allocation.FiveTuple), Allocation = allocation });
        Count++;
    }

    public void Remove(Allocation allocation)
    {
        DropNext(allocation);
        if (RemoveSlot(allocation, isNext: false))
        {
            Count--;
        }
    }

    /// <summary>Files an allocation under a second 5-tuple as well, in place of an earlier second one.</summary>
    public void SetNext(Allocation allocation, in FiveTuple tuple)
    {
        DropNext(allocation);
        allocation.SetNext(tuple);
        AddSlot(new Slot { Hash = AddressHash.Of(tuple), IsNext = true, Allocation = allocation });
    }

    /// <summary>Leaves an allocation its second 5-tuple only.</summary>
    public void PromoteNext(Allocation allocation)
    {
        RemoveSlot(allocation, isNext: false);
        ref Slot slot = ref _slots[Find(allocation, isNext: true)];
        slot.IsNext = false;
        allocation.EndMove(promote: true);
    }

    /// <summary>Leaves an allocation its first 5-tuple only.</summary>
    public void DropNext(Allocation allocation)
    {
        if (allocation.IsMoving)
        {
            RemoveSlot(allocation, isNext: true);
            allocation.EndMove(promote: false);
        }
    }

    /// <summary>Every allocation, for the rare work that concerns all of them.</summary>
    public IEnumerable<Allocation> All()
    {
        foreach (Slot slot in _slots)
        {
            if (slot.Allocation is not null && !slot.IsNext)
            {
                yield return slot.Allocation;
            }
        }
    }

    /// <summary>The slot of an allocation; -1 where it has none.</summary>
    private int Find(Allocation allocation, bool isNext)
    {
        Slot[] slots = _slots;
        uint mask = (uint)slots.Length - 1;
        uint i = AddressHash.Of(isNext ? allocation.NextFiveTuple : allocation.FiveTuple) & mask;
        while (!ReferenceEquals(slots[i].Allocation, allocation) || slots[i].IsNext != isNext)
        {
            if (slots[i].Allocation is null)
            {
                return -1;
            }

            i = (i + 1) & mask;
        }

        return (int)i;
    }

    private void AddSlot(in Slot slot)
    {
        if ((_used + 1) * 2 > _slots.Length)
        {
            Grow();
        }

        Insert(_slots, slot);
        _used++;
    }

    private bool RemoveSlot(Allocation allocation, bool isNext)
    {
        int found = Find(allocation, isNext);
        if (found < 0)
        {
            return false;
        }

        Slot[] slots = _slots;
        uint mask = (uint)slots.Length - 1;
        uint i = (uint)found;
        _used--;
        // Pull later entries of the run back over the gap wherever that brings them no farther from their home slot.
        for (uint next = (i + 1) & mask; slots[next].Allocation is not null; next = (next + 1) & mask)
        {
            uint home = slots[next].Hash & mask;
            if (((next - home) & mask) >= ((next - i) & mask))
            {
                slots[i] = slots[next];
                i = next;
            }
        }

        slots[i] = default;
        return true;
    }

    private static void Insert(Slot[] slots, in Slot entry)
    {
        uint mask = (uint)slots.Length - 1;
        uint i = entry.Hash & mask;
        while (slots[i].Allocation is not null)
        {
            i = (i + 1) & mask;
        }

        slots[i] = entry;
    }

    private void Grow()
    {
        var larger = new Slot[_slots.Length * 2];
        foreach (ref readonly Slot slot in _slots.AsSpan())
        {
            if (slot.Allocation is not null)
            {
                Insert(larger, slot);
            }
        }

        _slots = larger;
    }
}
