using System.Collections.Concurrent;
using Turnpike.Server;

namespace Turnpike.Edge.Transport;

/// <summary>A datagram on its way from the shard that the kernel gave it to, to the shard that has its client's allocation.</summary>
/// <param name="home">Whose it is when it has been handled.</param>
internal sealed class MovedDatagram(MovedClients home)
{
    /// <summary>More than any path carries in one piece; a longer one makes room for itself.</summary>
    private byte[] _bytes = new byte[2048];
    private int _length;

    // A field, since what the server answers points at it.
    public FiveTuple FiveTuple;

    public MovedClients Home { get; } = home;

    public byte TrafficClass { get; private set; }

    /// <summary>Which of its 5-tuple's it is.</summary>
    public long Number { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public void Fill(in FiveTuple fiveTuple, ReadOnlySpan<byte> bytes, byte trafficClass, long number)
    {
        if (bytes.Length > _bytes.Length)
        {
            _bytes = new byte[bytes.Length];
        }

        bytes.CopyTo(_bytes);
        _length = bytes.Length;
        FiveTuple = fiveTuple;
        TrafficClass = trafficClass;
        Number = number;
    }
}

/// <summary>
/// Mobility (RFC 8016) among shards: the kernel may give a client's new 5-tuple to another shard than the one that has the
/// allocation. Allocations stay where they are; here a shard hands on what it receives for one of another shard, and handles what
/// others hand to it. Answers leave through the owner's own socket of the same listener.
/// </summary>
/// <remarks>
/// <code>
///  client ─► listener of shard A ── ticket, or 5-tuple of one ─► inbox of shard B ─► TurnServer of B ─► listener of shard B ─► client
///                   ▲─────────────────── the 5-tuple is not B's (any more) ────────────┘
/// </code>
/// </remarks>
/// <param name="shard">The shard.</param>
/// <param name="clock">The shards' clock.</param>
/// <param name="send">Where the answers go.</param>
/// <param name="capacity">5-tuples that are handed on at once; a move beyond them is answered with 508.</param>
internal sealed class MovedClients(Shard shard, ShardClock clock, Streams.SendEgress send, int capacity = MovedClients.DefaultCapacity)
{
    /// <summary>Some 10 MB. A client takes an entry with a nonce and a ticket, and keeps it if the move succeeds.</summary>
    public const int DefaultCapacity = 65_536;

    /// <summary>Datagrams that wait for a shard; as many as its socket's receive buffer would hold.</summary>
    public const int MaxWaiting = 4096;

    // One round's share, after which the sockets have their turn.
    private const int DatagramsPerRound = 256;

    // A silent 5-tuple is asked about: its allocation may have ended, or been moved on.
    private const long SilenceMilliseconds = 60_000;

    private readonly Dictionary<FiveTuple, Entry> _entries = [];
    private readonly ConcurrentQueue<MovedDatagram> _inbox = new();
    private readonly ConcurrentQueue<MovedDatagram> _spare = new();
    private int _waiting;
    private long _nextSweep;

    private sealed class Entry(MovedClients owner)
    {
        public MovedClients Owner { get; } = owner;

        public long UsedAt { get; set; }

        /// <summary>How many datagrams have been handed on.</summary>
        public long Handed { get; set; }
    }

    /// <summary>The shards by their numbers, this one among them; set before they start.</summary>
    public IReadOnlyList<MovedClients> All { get; set; } = [];

    /// <summary>5-tuples that are handed on now.</summary>
    public int Count => _entries.Count;

    /// <summary>Whether <see cref="Read"/> left something for the next round.</summary>
    public bool HasWork => !_inbox.IsEmpty;

    /// <summary>Hands a client's datagram on, where it is another shard's.</summary>
    /// <returns>False where it is this shard's own.</returns>
    public bool TryForward(in FiveTuple fiveTuple, ReadOnlySpan<byte> datagram, byte trafficClass, long now)
    {
        Entry? entry = null;
        if (_entries.Count == 0 || !_entries.TryGetValue(fiveTuple, out entry))
        {
            if (_entries.Count >= capacity
                || !shard.Server.TryReadTicketOwner(fiveTuple, datagram, now, out int owner)
                || owner >= All.Count)
            {
                return false;
            }

            // Before the outcome is known: as soon as the client has its answer, it may send more.
            entry = new Entry(All[owner]);
            _entries.Add(fiveTuple, entry);
        }

        entry.UsedAt = now;
        entry.Handed++;
        Hand(entry, fiveTuple, datagram, trafficClass);
        return true;
    }

    /// <summary>Handles one round's share of what other shards handed over.</summary>
    public void Read()
    {
        for (int i = 0; i < DatagramsPerRound && _inbox.TryDequeue(out MovedDatagram? datagram); i++)
        {
            Interlocked.Decrement(ref _waiting);
            Egress egress = shard.Server.OnClientDatagram(in datagram.FiveTuple, datagram.Bytes, clock.Now);
            if (egress.Kind != EgressKind.Pending && !shard.Server.HasAllocation(datagram.FiveTuple))
            {
                datagram.Home.Forget(datagram.FiveTuple, datagram.Number);
            }

            send(in egress, datagram.TrafficClass);
            datagram.Home._spare.Enqueue(datagram);
        }
    }

    /// <summary>Asks about 5-tuples that have been silent.</summary>
    public void OnTick(long now)
    {
        if (now < _nextSweep)
        {
            return;
        }

        _nextSweep = now + (SilenceMilliseconds / 2);
        foreach ((FiveTuple fiveTuple, Entry entry) in _entries)
        {
            if (now - entry.UsedAt >= SilenceMilliseconds)
            {
                entry.Owner.Ask(this, fiveTuple, entry.Handed);
            }
        }
    }

    private void Hand(Entry entry, in FiveTuple fiveTuple, ReadOnlySpan<byte> datagram, byte trafficClass)
    {
        MovedClients owner = entry.Owner;
        if (Interlocked.Increment(ref owner._waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref owner._waiting);
            shard.Server.Counters.Count(DropReason.MovedClientQueueFull);
            return;
        }

        if (!_spare.TryDequeue(out MovedDatagram? item))
        {
            item = new MovedDatagram(this);
        }

        item.Fill(fiveTuple, datagram, trafficClass, entry.Handed);
        owner._inbox.Enqueue(item);
        owner.Wake();
    }

    private void Wake() => shard.Wake();

    /// <summary>
    /// The owner has no such 5-tuple. What was handed on since decides for itself: it may be a move that succeeds. Thread-safe.
    /// </summary>
    private void Forget(FiveTuple fiveTuple, long number) => shard.Post(_ =>
    {
        if (_entries.TryGetValue(fiveTuple, out Entry? entry) && entry.Handed == number)
        {
            _entries.Remove(fiveTuple);
        }
    });

    /// <summary>Tells the asker where a 5-tuple is not this shard's. Thread-safe.</summary>
    private void Ask(MovedClients asker, FiveTuple fiveTuple, long number) => shard.Post(server =>
    {
        if (!server.HasAllocation(fiveTuple))
        {
            asker.Forget(fiveTuple, number);
        }
    });
}
