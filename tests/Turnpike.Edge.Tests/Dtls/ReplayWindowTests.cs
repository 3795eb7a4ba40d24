using Turnpike.Edge.Transport.Dtls;

namespace Turnpike.Edge.Tests.Dtls;

/// <summary>RFC 6347 section 4.1.2.6.</summary>
public sealed class ReplayWindowTests
{
    [Fact]
    public void A_number_is_taken_once_in_whatever_order_it_comes()
    {
        var window = new ReplayWindow();
        foreach (ulong sequence in (ulong[])[0, 3, 1, 64, 2, 65])
        {
            Assert.False(window.Refuses(sequence));
            window.Note(sequence);
            Assert.True(window.Refuses(sequence));
        }
    }

    [Fact]
    public void What_is_64_behind_the_newest_is_too_old_to_tell()
    {
        var window = new ReplayWindow();
        window.Note(100);
        Assert.False(window.Refuses(37));
        Assert.True(window.Refuses(36));
    }

    [Fact]
    public void A_leap_forgets_what_it_leaves_behind()
    {
        var window = new ReplayWindow();
        window.Note(5);
        window.Note((1UL << 48) - 1);
        Assert.True(window.Refuses(5));
        Assert.False(window.Refuses((1UL << 48) - 2));
    }

    [Fact]
    public void It_agrees_with_a_list_of_everything_seen()
    {
        var window = new ReplayWindow();
        var seen = new HashSet<ulong>();
        ulong newest = 0;
        for (ulong step = 0; step < 5000; step++)
        {
            ulong sequence = ((step * 7919) % 97) + (step / 3); // a drifting walk that comes back to what it has seen
            bool tooOld = seen.Count > 0 && sequence + 64 <= newest;
            Assert.Equal(tooOld || seen.Contains(sequence), window.Refuses(sequence));
            if (!window.Refuses(sequence))
            {
                window.Note(sequence);
                seen.Add(sequence);
                newest = Math.Max(newest, sequence);
            }
        }

        Assert.InRange(seen.Count, 100, 4999);
    }
}
