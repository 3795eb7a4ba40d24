using System.Collections.Concurrent;
using Turnpike.Server;

namespace Turnpike.Edge.Transport.Dtls;

/// <summary>What shards hand to one another about sessions.</summary>
internal enum MovedSessionWorkKind : byte
{
    /// <summary>A datagram for a session that is away from home; at home, one that was under way to it when it came back.</summary>
    Records,

    /// <summary>A session, with the message that takes it to this shard.</summary>
    Arrived,

    /// <summary>A session on its way to a third shard: home first, with the message that takes it there.</summary>
    Returned,

    /// <summary>A session that found no room, back home with the message, to be answered there.</summary>
    Refused,

    /// <summary>The client has made another session at home: this one is over.</summary>
    Replaced,

    /// <summary>A session has ended away from home.</summary>
    Ended,
}

/// <summary>One of them.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="FiveTuple">Whose.</param>
/// <param name="Session">The session. Only the shard that has it looks inside; the others compare the reference.</param>
/// <param name="From">The shard that hands it over, which has the buffer back in the end.</param>
/// <param name="Buffer">Bytes of a datagram, or a message.</param>
/// <param name="Length">How many.</param>
/// <param name="TrafficClass">That they came with.</param>
internal readonly record struct MovedSessionWork(
    MovedSessionWorkKind Kind,
    FiveTuple FiveTuple,
    DtlsSession Session,
    MovedSessions From,
    byte[]? Buffer = null,
    int Length = 0,
    byte TrafficClass = 0);

/// <summary>
/// Mobility (RFC 8016) of DTLS clients among shards. The kernel may give a client's new 5-tuple, and with it its handshake, to another
/// shard than the one that has its allocation, which stays where it is. So the session moves there, keys and all, as soon as its
/// ticket shows up, and from then on its home, the shard that the kernel chose, hands its datagrams on unopened. What the client
/// receives is protected and sent where the session is: only what it sends passes from shard to shard.
/// </summary>
/// <remarks>
/// <code>
///  client ─► listener of shard A ── session is away ─► inbox of shard B ─► ShardDtls of B ─► TurnServer of B ─► peer
///  client ◄──────────────────────────────────────── listener of shard B ◄── ShardDtls of B ◄── TurnServer of B ◄─ peer
/// </code>
/// </remarks>
/// <param name="dtls">The DTLS clients of the shard.</param>
/// <param name="server">The shard's server.</param>
/// <param name="clock">The shards' clock.</param>
/// <param name="wake">Has the shard's thread look into the inbox. Thread-safe.</param>
internal sealed class MovedSessions(ShardDtls dtls, TurnServer server, ShardClock clock, Action wake)
{
    // One round's share, after which the sockets have their turn.
    private const int WorkPerRound = 256;

    // More than any path carries in one piece. Longer buffers are made when they are needed, and not kept.
    private const int BufferLength = 2048;

    private readonly Dictionary<FiveTuple, Away> _away = [];
    private readonly ConcurrentQueue<MovedSessionWork> _inbox = new();
    private readonly ConcurrentQueue<byte[]> _spare = new();
    private int _datagrams;

    private readonly record struct Away(DtlsSession Session, MovedSessions At);

    /// <summary>The shards by their numbers, this one among them; set before they start.</summary>
    public IReadOnlyList<MovedSessions> All { get; set; } = [];

    /// <summary>Sessions of this shard's that are away now. Each keeps its place here.</summary>
    public int Count => _away.Count;

    /// <summary>Whether <see cref="Read"/> left something for the next round.</summary>
    public bool HasWork => !_inbox.IsEmpty;

    /// <summary>The session of a 5-tuple that is away; not to be looked into.</summary>
    public DtlsSession? Find(in FiveTuple fiveTuple) => TryFind(fiveTuple, out Away away) ? away.Session : null;

    /// <summary>Hands a datagram on to where its session is; false where none of this 5-tuple is away.</summary>
    public bool TryHandOn(in FiveTuple fiveTuple, ReadOnlySpan<byte> datagram, byte trafficClass)
    {
        if (!TryFind(fiveTuple, out Away away))
        {
            return false;
        }

        HandRecords(away.At, fiveTuple, away.Session, datagram, trafficClass);
        return true;
    }

    /// <summary>Sends a session to the shard that a message's ticket names, where it is another, with the message.</summary>
    /// <param name="session">The session, which is this shard's no more where it moves.</param>
    /// <param name="message">The message.</param>
    /// <param name="rest">The records behind it in its datagram, which follow the session.</param>
    /// <param name="trafficClass">Of the datagram.</param>
    /// <param name="now">Milliseconds.</param>
    public bool TryMove(DtlsSession session, ReadOnlySpan<byte> message, ReadOnlySpan<byte> rest, byte trafficClass, long now)
    {
        FiveTuple fiveTuple = session.FiveTuple;
        if (!server.TryReadTicketOwner(fiveTuple, message, now, out int owner) || owner >= All.Count)
        {
            return false;
        }

        dtls.Release(session, now);
        MovedSessions next = session.Home ?? All[owner];
        var kind = MovedSessionWorkKind.Returned;
        if (session.Home is null)
        {
            session.Home = this;
            _away.Add(fiveTuple, new Away(session, next));
            kind = MovedSessionWorkKind.Arrived;
        }

        Hand(next, kind, fiveTuple, session, message, trafficClass);
        if (!rest.IsEmpty)
        {
            HandRecords(next, fiveTuple, session, rest, trafficClass);
        }

        return true;
    }

    /// <summary>The client of a 5-tuple has made another session: one that is away is over.</summary>
    public void Replace(in FiveTuple fiveTuple)
    {
        if (_away.Remove(fiveTuple, out Away away))
        {
            Hand(away.At, MovedSessionWorkKind.Replaced, fiveTuple, away.Session);
        }
    }

    /// <summary>A session of this shard's has ended where it is. Thread-safe.</summary>
    public void OnEnded(DtlsSession session) =>
        Enqueue(new MovedSessionWork(MovedSessionWorkKind.Ended, session.FiveTuple, session, From: this));

    /// <summary>Handles one round's share of what other shards handed over.</summary>
    public void Read()
    {
        for (int i = 0; i < WorkPerRound && _inbox.TryDequeue(out MovedSessionWork work); i++)
        {
            Handle(work, work.Buffer.AsSpan(0, work.Length), clock.Now);
            if (work.Buffer is { Length: BufferLength })
            {
                work.From._spare.Enqueue(work.Buffer);
            }
        }
    }

    private void Handle(in MovedSessionWork work, Span<byte> bytes, long now)
    {
        switch (work.Kind)
        {
            case MovedSessionWorkKind.Records:
                Interlocked.Decrement(ref _datagrams);
                if (!dtls.TryOpenRecords(work.FiveTuple, bytes, work.TrafficClass, now)
                    && !TryHandOn(work.FiveTuple, bytes, work.TrafficClass))
                {
                    server.Counters.Count(DropReason.NoDtlsSession);
                }

                break;
            case MovedSessionWorkKind.Arrived when dtls.TryAdopt(work.Session, now):
                dtls.OnMessage(work.Session, bytes, rest: [], work.TrafficClass, now);
                break;
            case MovedSessionWorkKind.Arrived:
                Hand(work.From, MovedSessionWorkKind.Refused, work.FiveTuple, work.Session, bytes, work.TrafficClass);
                break;
            case MovedSessionWorkKind.Returned or MovedSessionWorkKind.Refused:
                OnReturned(work, bytes, now);
                break;
            case MovedSessionWorkKind.Replaced:
                dtls.CloseReplaced(work.FiveTuple, work.Session, now);
                break;
            default:
                TryForget(work.FiveTuple, work.Session);
                break;
        }
    }

    private void OnReturned(in MovedSessionWork work, ReadOnlySpan<byte> message, long now)
    {
        if (!TryForget(work.FiveTuple, work.Session))
        {
            // Its client has made another one meanwhile.
            work.Session.Dispose();
            return;
        }

        work.Session.Home = null;
        dtls.Adopt(work.Session);
        if (work.Kind == MovedSessionWorkKind.Refused)
        {
            dtls.Answer(work.Session, message, work.TrafficClass, now);
        }
        else
        {
            dtls.OnMessage(work.Session, message, rest: [], work.TrafficClass, now);
        }
    }

    private bool TryFind(in FiveTuple fiveTuple, out Away away)
    {
        away = default;
        return _away.Count > 0 && _away.TryGetValue(fiveTuple, out away);
    }

    private bool TryForget(in FiveTuple fiveTuple, DtlsSession session) =>
        TryFind(fiveTuple, out Away away) && ReferenceEquals(away.Session, session) && _away.Remove(fiveTuple);

    /// <summary>Hands a datagram to a shard, unless that does not keep up.</summary>
    private void HandRecords(
        MovedSessions to, in FiveTuple fiveTuple, DtlsSession session, ReadOnlySpan<byte> datagram, byte trafficClass)
    {
        if (Interlocked.Increment(ref to._datagrams) > MovedClients.MaxWaiting)
        {
            Interlocked.Decrement(ref to._datagrams);
            server.Counters.Count(DropReason.MovedClientQueueFull);
            return;
        }

        Hand(to, MovedSessionWorkKind.Records, fiveTuple, session, datagram, trafficClass);
    }

    /// <summary>Sessions are bounded in number where they are made, and with them what is said of them.</summary>
    private void Hand(
        MovedSessions to,
        MovedSessionWorkKind kind,
        in FiveTuple fiveTuple,
        DtlsSession session,
        ReadOnlySpan<byte> bytes = default,
        byte trafficClass = 0)
    {
        byte[]? buffer = null;
        if (!bytes.IsEmpty)
        {
            if (bytes.Length > BufferLength || !_spare.TryDequeue(out buffer))
            {
                buffer = new byte[Math.Max(bytes.Length, BufferLength)];
            }

            bytes.CopyTo(buffer);
        }

        to.Enqueue(new MovedSessionWork(kind, fiveTuple, session, this, buffer, bytes.Length, trafficClass));
    }

    private void Enqueue(in MovedSessionWork work)
    {
        _inbox.Enqueue(work);
        wake();
    }
}
