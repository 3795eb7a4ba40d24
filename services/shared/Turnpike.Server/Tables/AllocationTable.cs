namespace Turnpike.Server;

/// <summary>
/// 5-tuple to allocation: open addressing with linear probing and backward-shift deletion, so that a lookup touches one or two
/// cache lines and a deletion leaves no tombstones behind.
/// </summary>
internal sealed class AllocationTable
{
    private const int InitialCapacity = 64;

    private Slot[] _slots = new Slot[InitialCapacity];

    private struct Slot
    {
        public uint Hash;
        public Allocation? Allocation;
    }

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

            if (slot.Hash == hash && slot.Allocation.FiveTuple.Matches(tuple))
            {
                return slot.Allocation;
            }
        }
    }

    public void Add(Allocation allocation)
    {
        if ((Count + 1) * 2 > _slots.Length)
        {
            Grow();
        }

        Insert(_slots, new Slot { Hash = AddressHash.Of(allocation.FiveTuple), Allocation = allocation });
        Count++;
    }

    public void Remove(Allocation allocation)
    {
        Slot[] slots = _slots;
        uint mask = (uint)slots.Length - 1;
        uint i = AddressHash.Of(allocation.FiveTuple) & mask;
        while (!ReferenceEquals(slots[i].Allocation, allocation))
        {
            if (slots[i].Allocation is null)
            {
                return;
            }

            i = (i + 1) & mask;
        }

        Count--;
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
    }

    /// <summary>Every allocation, for the rare work that concerns all of them.</summary>
    public IEnumerable<Allocation> All()
    {
        foreach (Slot slot in _slots)
        {
            if (slot.Allocation is not null)
            {
                yield return slot.Allocation;
            }
        }
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
