using Turnpike.Edge.Transport.Streams;
using Turnpike.Protocol;
using Turnpike.Server;
using Turnpike.Sockets;

namespace Turnpike.Edge.Transport.Dtls;

/// <summary>
/// The DTLS clients of one shard (RFC 7350). All of it runs on the shard's thread and waits for nothing; what makes sessions is next
/// door (<see cref="ShardHandshakes"/>).
/// </summary>
/// <remarks>
/// <code>
///  ClientHello ──► CookieExchange ── no cookie ──► HelloVerifyRequest, no state
///                        └─ good cookie ──► DtlsHandshake ··· thread ··· done ──► DtlsSession
///  records of epoch 1 ──► DtlsSession.Open ──► TurnServer.OnClientDatagram ──► Egress
///                 │              └─ ticket of another shard ──► MovedSessions: the session goes there
///                 └─ session is away ──► MovedSessions: so does the datagram
///                                                Egress to a client ──► DtlsSession.TrySeal ──► socket
/// </code>
/// </remarks>
internal sealed class ShardDtls : IDisposable
{
    /// <summary>How long a session may stay without an allocation and without a word, in milliseconds.</summary>
    public const long IdleMilliseconds = 30_000;

    // Places looked at in one tick: a table of the greatest size is gone through in some 16 seconds.
    private const int PlacesPerTick = 1024;

    private const byte WarningLevel = 1;
    private const byte CloseNotify = 0;

    private readonly DatagramReactor _reactor;
    private readonly TurnServer _server;
    private readonly ShardClock _clock;
    private readonly SendEgress _send;
    private readonly int _maxDatagram;
    private readonly DtlsSessionTable _sessions;
    private readonly ShardHandshakes _handshakes;
    private readonly byte[] _copy = new byte[HandshakeTransport.ReceiveLimit];
    private IReadOnlyList<Listener> _listeners = [];
    private int _nextPlace;

    /// <summary>Prepares a shard for DTLS.</summary>
    /// <param name="reactor">The shard's sockets.</param>
    /// <param name="server">The shard's server.</param>
    /// <param name="clock">The shard's clock.</param>
    /// <param name="all">The handshakes of all shards.</param>
    /// <param name="limits">Sessions of this shard, and the longest datagram sent with application data.</param>
    /// <param name="post">Has the shard's thread do something; safe on any thread.</param>
    /// <param name="send">Sends what the server answers.</param>
    public ShardDtls(
        DatagramReactor reactor,
        TurnServer server,
        ShardClock clock,
        DtlsHandshakes all,
        (int Sessions, int MaxDatagram) limits,
        Action<Action> post,
        SendEgress send)
    {
        _reactor = reactor;
        _server = server;
        _clock = clock;
        _send = send;
        _maxDatagram = limits.MaxDatagram;
        _sessions = new DtlsSessionTable(limits.Sessions);
        _handshakes = new ShardHandshakes(reactor, server, all, Counters, post, OnCompleted);
    }

    public DtlsCounters Counters { get; } = new();

    /// <summary>Null where mobility is off, or there is one shard only.</summary>
    public MovedSessions? Moved { get; private set; }

    private bool HasRoom => _sessions.Count + _handshakes.Count + (Moved?.Count ?? 0) < _sessions.Limit;

    /// <summary>Before the shard starts: prepares for sessions that move from shard to shard (RFC 8016).</summary>
    /// <param name="listeners">The shard's, each at its index.</param>
    /// <param name="wake">Has the shard's thread look into its inboxes. Thread-safe.</param>
    public MovedSessions UseMobility(IReadOnlyList<Listener> listeners, Action wake)
    {
        _listeners = listeners;
        return Moved = new MovedSessions(this, _server, _clock, wake);
    }

    /// <summary>A datagram whose first byte says DTLS (RFC 7983).</summary>
    public void OnDatagram(
        Listener listener, in TransportAddress client, in TransportAddress server, Span<byte> datagram, byte trafficClass, long now)
    {
        if (!DtlsRecord.TryRead(datagram, out DtlsRecord record))
        {
            _server.Counters.Count(DropReason.MalformedDtlsRecord);
            return;
        }

        var fiveTuple = new FiveTuple(client, server, ClientTransport.Dtls);
        _sessions.TryFind(fiveTuple, out DtlsSession? session);
        _handshakes.TryFind(fiveTuple, out DtlsHandshake? handshake);
        if (ClientHello.IsAt(datagram, record))
        {
            _handshakes.OnClientHello(listener, fiveTuple, record, datagram, session ?? Moved?.Find(fiveTuple), HasRoom, now);
        }
        else if (session is not null && (record.Epoch != 0 || handshake is null))
        {
            OnRecords(session, handshake, datagram, trafficClass, now);
        }
        else
        {
            // A record of epoch 1 may be of a session that is away or of the handshake that is to replace it: both look at it.
            bool handedOn = (record.Epoch != 0 || handshake is null)
                && Moved is { } moved
                && moved.TryHandOn(fiveTuple, datagram, trafficClass);
            if (handshake is not null)
            {
                _handshakes.Put(handshake, datagram);
            }
            else if (!handedOn)
            {
                _server.Counters.Count(DropReason.NoDtlsSession);
            }
        }
    }

    /// <summary>Protects and sends what the server has for a client; a session that is gone means that nobody waits for it.</summary>
    public void Send(in Egress egress, byte trafficClass)
    {
        if (_sessions.ByPath(egress.FiveTuple.Path) is not { } session)
        {
            _server.Counters.Count(DropReason.NoDtlsSession);
        }
        else if (egress.Datagram.Length + session.Overhead > _maxDatagram)
        {
            _server.Counters.Count(DropReason.TooBigForDtls);
        }
        else
        {
            Send(session, ContentType.ApplicationData, egress.Datagram, trafficClass);
        }
    }

    /// <summary>Lets time pass: a few times a second.</summary>
    public void OnTick(long now)
    {
        _handshakes.OnTick(now);
        for (int i = Math.Min(PlacesPerTick, _sessions.Places); i > 0; i--)
        {
            _nextPlace = (_nextPlace + 1) % _sessions.Places;
            if (_sessions.At(_nextPlace) is { } session
                && now - session.HeardAt >= IdleMilliseconds
                && !_server.HasAllocation(session.FiveTuple))
            {
                Close(session, say: true, now);
            }
        }
    }

    /// <summary>A datagram that another shard has handed on; false where its session is not here.</summary>
    public bool TryOpenRecords(in FiveTuple fiveTuple, Span<byte> datagram, byte trafficClass, long now)
    {
        if (!_sessions.TryFind(fiveTuple, out DtlsSession? session))
        {
            return false;
        }

        OnRecords(session, handshake: null, datagram, trafficClass, now);
        return true;
    }

    /// <summary>A message of a session, which may take the session to another shard.</summary>
    /// <returns>Whether the session is still here.</returns>
    public bool OnMessage(DtlsSession session, ReadOnlySpan<byte> message, ReadOnlySpan<byte> rest, byte trafficClass, long now)
    {
        if (Moved is { } moved && moved.TryMove(session, message, rest, trafficClass, now))
        {
            return false;
        }

        Answer(session, message, trafficClass, now);
        return true;
    }

    /// <summary>A message of a session, for this shard's server.</summary>
    public void Answer(DtlsSession session, ReadOnlySpan<byte> message, byte trafficClass, long now) =>
        _send(_server.OnClientDatagram(session.FiveTuple, message, now), trafficClass);

    /// <summary>Takes a session of another shard; false where there is no room.</summary>
    public bool TryAdopt(DtlsSession session, long now)
    {
        if (_sessions.TryFind(session.FiveTuple, out DtlsSession? old))
        {
            Close(old, say: false, now);
        }

        bool hasRoom = HasRoom;
        if (hasRoom)
        {
            Adopt(session);
        }

        return hasRoom;
    }

    /// <summary>Takes a session that has its place here.</summary>
    public void Adopt(DtlsSession session)
    {
        DtlsClient client = session.Client;
        _sessions.Add(session, new DtlsClient(_listeners[client.Listener.Index], client.Address, client.Server));
        Counters.Sessions = _sessions.Count;
    }

    /// <summary>Lets a session without an allocation go to another shard.</summary>
    public void Release(DtlsSession session, long now)
    {
        _sessions.Remove(session);
        Counters.Sessions = _sessions.Count;
        _server.OnClientClosed(session.FiveTuple, now);
    }

    /// <summary>Ends a session whose client has made another one, if it is still here.</summary>
    public void CloseReplaced(in FiveTuple fiveTuple, DtlsSession replaced, long now)
    {
        if (_sessions.TryFind(fiveTuple, out DtlsSession? session) && ReferenceEquals(session, replaced))
        {
            Close(session, say: false, now);
        }
    }

    /// <summary>Ends all of it: handshakes stop, clients hear that their sessions are over.</summary>
    public void Dispose()
    {
        _handshakes.Cancel();
        for (int place = 0; place < _sessions.Places; place++)
        {
            if (_sessions.At(place) is { } session)
            {
                Close(session, say: true, _clock.Now);
            }
        }
    }

    /// <summary>The records of a datagram, one after the other.</summary>
    private void OnRecords(DtlsSession session, DtlsHandshake? handshake, Span<byte> datagram, byte trafficClass, long now)
    {
        // While the client makes a new session, a record of epoch 1 may be of the old one or the new handshake's Finished.
        Span<byte> copy = default;
        if (handshake is not null && datagram.Length <= _copy.Length)
        {
            copy = _copy.AsSpan(0, datagram.Length);
            datagram.CopyTo(copy);
        }

        bool repeated = false;
        bool isFirst = true;
        while (DtlsRecord.TryRead(datagram, out DtlsRecord record))
        {
            Span<byte> plaintext = default;
            RecordOutcome outcome = record.Epoch == 0
                ? RecordOutcome.Ignored // of the handshake that is done: a flight that is repeated, or a forgery
                : session.Open(record, datagram[..record.TotalLength], now, out plaintext);
            if (outcome == RecordOutcome.Refused && isFirst && !copy.IsEmpty)
            {
                _handshakes.Put(handshake!, copy);
                return;
            }

            switch (outcome)
            {
                case RecordOutcome.Data:
                    if (!OnMessage(session, plaintext, datagram[record.TotalLength..], trafficClass, now))
                    {
                        return;
                    }

                    break;
                case RecordOutcome.LastFlightRepeated:
                    repeated = true;
                    break;
                case RecordOutcome.Closed:
                    Close(session, say: true, now);
                    return;
                case RecordOutcome.Refused:
                    // Nor is what follows it looked at: finding out a forgery costs more than making one.
                    _server.Counters.Count(DropReason.RefusedDtlsRecord);
                    return;
                default:
                    break;
            }

            isFirst = false;
            datagram = datagram[record.TotalLength..];
        }

        if (!datagram.IsEmpty)
        {
            _server.Counters.Count(DropReason.MalformedDtlsRecord);
        }

        if (repeated)
        {
            foreach (byte[] flight in session.FinalFlight)
            {
                _reactor.Send(session.Client.Listener.Socket, flight, session.Client.Destination, session.Client.Source);
            }
        }
    }

    private void OnCompleted(DtlsHandshake handshake)
    {
        long now = _clock.Now;
        FiveTuple fiveTuple = handshake.Client.FiveTuple();
        if (_sessions.TryFind(fiveTuple, out DtlsSession? old))
        {
            Close(old, say: false, now);
        }
        else
        {
            Moved?.Replace(fiveTuple);
        }

        _sessions.Add(new DtlsSession(handshake, now), handshake.Client);
        Counters.Sessions = _sessions.Count;
        foreach (byte[] early in handshake.TakeRest())
        {
            if (!TryOpenRecords(fiveTuple, early, trafficClass: 0, now))
            {
                Moved?.TryHandOn(fiveTuple, early, trafficClass: 0);
            }
        }
    }

    private void Close(DtlsSession session, bool say, long now)
    {
        if (say)
        {
            Send(session, ContentType.Alert, [WarningLevel, CloseNotify], trafficClass: 0);
        }

        Release(session, now);
        session.Home?.OnEnded(session);
        session.Dispose();
    }

    private void Send(DtlsSession session, ContentType type, ReadOnlySpan<byte> plaintext, byte trafficClass)
    {
        Span<byte> record = _reactor.Rent(plaintext.Length + session.Overhead);
        if (session.TrySeal(type, plaintext, record))
        {
            _reactor.Send(session.Client.Listener.Socket, record, session.Client.Destination, session.Client.Source, trafficClass);
        }
    }
}
