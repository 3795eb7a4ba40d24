using CsCheck;
using Turnpike.Testing;

namespace Turnpike.Server.Tests;

/// <summary>The wheel against a list of due times.</summary>
public class TimerWheelTests
{
    private const int Entries = 24;

    /// <summary>Steps of time: within a slot, a few slots, a turn (256 s), several turns, and none at all.</summary>
    private static readonly Gen<long> Step = Gen.Frequency(
        (4, Gen.Long[0, 300]), (3, Gen.Long[0, 5_000]), (2, Gen.Long[200_000, 300_000]), (1, Gen.Long[0, 3_000_000]), (1, Gen.Const(0L)));

    private static readonly Gen<(int Kind, int Entry, long Time)> Operation = Gen.Select(Gen.Int[0, 5], Gen.Int[0, Entries - 1], Step);

    [Fact]
    public void Every_entry_comes_up_once_after_it_is_due_and_at_most_a_slot_later() =>
        Gen.Select(Gen.Long[0, 10_000_000], Operation.Array[1, 200]).Sample((start, operations) =>
        {
            var wheel = new TimerWheel();
            var entries = new Entry[Entries];
            var due = new long?[Entries];
            for (int i = 0; i < Entries; i++)
            {
                entries[i] = new Entry(i);
            }

            long now = start;
            foreach ((int kind, int entry, long time) in operations)
            {
                switch (kind)
                {
                    case 0 or 1:
                        wheel.Arm(entries[entry], now + time);
                        due[entry] = now + time;
                        break;
                    case 2:
                        wheel.Disarm(entries[entry]);
                        due[entry] = null;
                        break;
                    default:
                        now += time;
                        if (!Drain(wheel, due, now))
                        {
                            return false;
                        }

                        break;
                }
            }

            // In the end everything comes up.
            return Drain(wheel, due, now + 10_000_000) && Array.TrueForAll(due, d => d is null);
        }, iter: 3000);

    [Fact]
    public void What_a_handler_arms_and_disarms_while_entries_come_up_is_obeyed() =>
        Gen.Select(Gen.Int[2, 20], Gen.Long[1, 2_000_000], Gen.Bool.Array[20]).Sample((count, gap, disarm) =>
        {
            var wheel = new TimerWheel();
            var entries = new Entry[count];
            for (int i = 0; i < count; i++)
            {
                entries[i] = new Entry(i);
                wheel.Arm(entries[i], 1000); // all in one slot
            }

            long now = 1000 + gap;
            var seen = new HashSet<int>();
            var gone = new HashSet<int>();
            int rearmed = -1;
            while (wheel.TakeDue(now) is Entry entry)
            {
                if (gone.Contains(entry.Number) || !seen.Add(entry.Number))
                {
                    return false;
                }

                int next = (entry.Number + 1) % count;
                if (disarm[entry.Number] && !seen.Contains(next))
                {
                    wheel.Disarm(entries[next]); // perhaps the very entry that the wheel would look at next
                    gone.Add(next);
                }

                if (rearmed < 0)
                {
                    rearmed = entry.Number;
                    wheel.Arm(entry, now + 600_000);
                }
            }

            return seen.Count + gone.Count == count
                && wheel.TakeDue(now + 599_000) is null
                && ReferenceEquals(wheel.TakeDue(now + 600_250), entries[rearmed]);
        }, iter: 3000);

    [Fact]
    public void An_entry_armed_in_the_past_comes_up_within_a_slot()
    {
        var wheel = new TimerWheel();
        var entry = new Entry(0);
        wheel.TakeDue(1_000_000);
        wheel.Arm(entry, 5);
        Assert.Same(entry, wheel.TakeDue(1_000_000) ?? wheel.TakeDue(1_000_000 + TimerWheel.SlotMilliseconds));
    }

    [Fact]
    public void A_tick_looks_at_what_is_due_and_at_nothing_else_however_many_entries_there_are()
    {
        const int Count = 100_000;
        var wheel = new TimerWheel();
        wheel.TakeDue(5_000_000);
        for (int i = 0; i < Count; i++)
        {
            // From ten minutes to an hour: what allocations are granted.
            wheel.Arm(new Entry(i), 5_600_000 + (i * 30L));
        }

        long now = 5_000_000;
        long taken = 0;
        for (; now < 5_599_000; now += TimerWheel.SlotMilliseconds)
        {
            Assert.Null(wheel.TakeDue(now));
        }

        Assert.Equal(0, wheel.Looked);
        for (; now < 8_601_000; now += TimerWheel.SlotMilliseconds)
        {
            while (wheel.TakeDue(now) is not null)
            {
                taken++;
            }
        }

        Assert.Equal(Count, taken);
        Assert.Equal(Count, wheel.Looked);
    }

    [Fact]
    public void Arming_and_waiting_allocates_nothing()
    {
        var wheel = new TimerWheel();
        var entry = new Entry(0);
        wheel.Arm(entry, 1);
        wheel.TakeDue(500);
        Assert.Equal(0, AllocatedBytes.During(() =>
        {
            for (long now = 1000; now < 2_000_000; now += 100)
            {
                wheel.Arm(entry, now + 300_000);
                wheel.TakeDue(now);
            }
        }));
    }

    private static bool Drain(TimerWheel wheel, long?[] due, long now)
    {
        while (wheel.TakeDue(now) is Entry entry)
        {
            // Not before its time, and not after it was disarmed or came up already.
            if (due[entry.Number] is not { } time || time > now)
            {
                return false;
            }

            due[entry.Number] = null;
        }

        return Array.TrueForAll(due, d => d is null || d > now - TimerWheel.SlotMilliseconds);
    }

    private sealed class Entry(int number) : Timed
    {
        public int Number { get; } = number;
    }
}
