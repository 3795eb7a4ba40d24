using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>
/// Limits how often a source address that has proved nothing is answered, so that the server is no reflector. The memory is
/// fixed: 4-way sets, of which the entry idle longest is replaced. A flood of made-up sources therefore pushes others' entries
/// out, which gives those a full bucket again; it never silences anybody who is not flooding.
/// </summary>
internal sealed class SourceRateLimiter
{
    private const int Ways = 4;
    private const int Sets = 2048;

    private readonly Entry[] _entries = new Entry[Sets * Ways];

    private struct Entry
    {
        public TransportAddress Source;
        public long Level;
        public long FilledAt;
        public bool Used;
    }

    /// <summary>Takes one answer's worth from the source's bucket.</summary>
    /// <param name="client">The source; IPv6 sources count per /64, the least that one host is given.</param>
    /// <param name="ratePerSecond">Answers a second, with twice that at once; 0 = no limit.</param>
    /// <param name="now">Milliseconds.</param>
    public bool TryTake(in TransportAddress client, int ratePerSecond, long now)
    {
        if (ratePerSecond == 0)
        {
            return true;
        }

        TransportAddress source = client.Family == AddressFamily.IPv6
            ? TransportAddress.IPv6(client.High, 0, 0)
            : client.WithPort(0);
        ref Entry entry = ref Find(source);
        long full = ratePerSecond * 2000L;
        if (!entry.Used || !entry.Source.Equals(source))
        {
            entry = new Entry { Source = source, Level = full, FilledAt = now, Used = true };
        }

        if (now > entry.FilledAt)
        {
            entry.Level = Math.Min(entry.Level + (Math.Min(now - entry.FilledAt, 2000) * ratePerSecond), full);
            entry.FilledAt = now;
        }

        if (entry.Level < 1000)
        {
            return false;
        }

        entry.Level -= 1000;
        return true;
    }

    /// <summary>The source's own entry, or else the one of its set to be replaced.</summary>
    private ref Entry Find(in TransportAddress source)
    {
        int first = (int)(AddressHash.OfAddress(source) % Sets) * Ways;
        int oldest = first;
        for (int i = first; i < first + Ways; i++)
        {
            if (!_entries[i].Used || _entries[i].Source.Equals(source))
            {
                return ref _entries[i];
            }

            if (_entries[i].FilledAt < _entries[oldest].FilledAt)
            {
                oldest = i;
            }
        }

        return ref _entries[oldest];
    }
}
