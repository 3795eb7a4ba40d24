using Turnpike.Edge.Transport.Streams;
using Turnpike.Protocol;
using Turnpike.Server;
using Turnpike.Sockets;

namespace Turnpike.Edge.Transport.Dtls;

/// <summary>
/// The DTLS clients of one shard (RFC 7350). All of it runs on the shard's thread and waits for nothing; handshakes compute elsewhere
/// (<see cref="DtlsHandshake"/>) and come back through the shard's inbox.
/// </summary>
/// <remarks>
/// <code>
///  ClientHello ──► CookieExchange ── no cookie ──► HelloVerifyRequest, no state
///                        └─ good cookie ──► DtlsHandshake ··· thread ··· done ──► DtlsSession
///  records of epoch 1 ──► DtlsSession.Open ──► TurnServer.OnClientDatagram ──► Egress
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
    private readonly DtlsHandshakes _all;
    private readonly Action<Action> _post;
    private readonly SendEgress _send;
    private readonly int _maxDatagram;
    private readonly CookieExchange _cookies = new();
    private readonly DtlsSessionTable _sessions;
    private readonly Dictionary<FiveTuple, DtlsHandshake> _handshakes = [];
    private readonly byte[] _copy = new byte[HandshakeTransport.ReceiveLimit];
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
        _all = all;
        _post = post;
        _send = send;
        _maxDatagram = limits.MaxDatagram;
        _sessions = new DtlsSessionTable(limits.Sessions);
    }

    public DtlsCounters Counters { get; } = new();

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
        DtlsHandshake? handshake = null;
        if (_handshakes.Count > 0)
        {
            _handshakes.TryGetValue(fiveTuple, out handshake);
        }

        if (ClientHello.IsAt(datagram, record))
        {
            OnClientHello(listener, fiveTuple, record, datagram, session, handshake, now);
        }
        else if (session is not null && (record.Epoch != 0 || handshake is null))
        {
            OnRecords(session, handshake, datagram, trafficClass, now);
        }
        else if (handshake is not null)
        {
            Put(handshake, datagram);
        }
        else
        {
            _server.Counters.Count(DropReason.NoDtlsSession);
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
        _cookies.OnTick(now);
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

    /// <summary>Ends all of it: handshakes stop, clients hear that their sessions are over.</summary>
    public void Dispose()
    {
        foreach (DtlsHandshake handshake in _handshakes.Values)
        {
            handshake.Cancel();
        }

        for (int place = 0; place < _sessions.Places; place++)
        {
            if (_sessions.At(place) is { } session)
            {
                Close(session, say: true, _clock.Now);
            }
        }
    }

    private void OnClientHello(
        Listener listener,
        in FiveTuple fiveTuple,
        in DtlsRecord record,
        ReadOnlySpan<byte> datagram,
        DtlsSession? session,
        DtlsHandshake? handshake,
        long now)
    {
        if (!ClientHello.TryRead(datagram, record, out ClientHello hello))
        {
            _server.Counters.Count(DropReason.MalformedClientHello);
        }
        else if (!_cookies.IsVerified(hello, fiveTuple.Client))
        {
            Challenge(listener, fiveTuple, hello, now);
        }
        else if (handshake is not null && hello.Random.SequenceEqual(handshake.ClientRandom))
        {
            Put(handshake, datagram);
        }
        else if (session is not null && session.CameFrom(hello))
        {
            _server.Counters.Count(DropReason.RepeatedClientHello);
        }
        else
        {
            Begin(listener, fiveTuple, hello, datagram, session, handshake, now);
        }
    }

    /// <summary>Asks a stranger to prove its address. Nothing is kept, and no address is asked more often than it would hear 401.</summary>
    private void Challenge(Listener listener, in FiveTuple fiveTuple, in ClientHello hello, long now)
    {
        if (!_server.MayAnswerUnauthenticated(fiveTuple.Client, now))
        {
            _server.Counters.Count(DropReason.UnauthenticatedRateLimited);
            return;
        }

        Span<byte> answer = _reactor.Rent(CookieExchange.ResponseLength);
        _cookies.Answer(hello, fiveTuple.Client, answer);
        SocketEndpoint source = listener.IsWildcard ? fiveTuple.Server.ToSocketEndpoint() : default;
        _reactor.Send(listener.Socket, answer, fiveTuple.Client.ToSocketEndpoint(), source);
        Counters.HelloVerifyRequests++;
    }

    /// <summary>
    /// Begins a handshake with a client that receives at its address. A session that it has goes on until the new one is there: a
    /// ClientHello can be replayed while its cookie lasts, a Finished cannot (RFC 6347 section 4.2.8).
    /// </summary>
    private void Begin(
        Listener listener,
        in FiveTuple fiveTuple,
        in ClientHello hello,
        ReadOnlySpan<byte> datagram,
        DtlsSession? session,
        DtlsHandshake? old,
        long now)
    {
        if (old is not null)
        {
            // A client that began anew. The thread still holds its place, so a replay gains nothing by this.
            old.Cancel();
            _handshakes.Remove(fiveTuple);
        }

        if ((session is null && _sessions.Count + _handshakes.Count >= _sessions.Limit)
            || datagram.Length > HandshakeTransport.ReceiveLimit
            || InProgressFrom(fiveTuple.Client) >= _all.LimitPerAddress
            || !_server.MayAnswerUnauthenticated(fiveTuple.Client, now)
            || !_all.TryEnter())
        {
            _server.Counters.Count(DropReason.DtlsHandshakeLimit);
            return;
        }

        var client = new DtlsClient(listener, fiveTuple.Client, fiveTuple.Server);
        var handshake = new DtlsHandshake(client, hello, datagram, _all, _post, SendFlight, OnDone);
        _handshakes.Add(client.FiveTuple(), handshake);
        handshake.Start();
    }

    private int InProgressFrom(in TransportAddress client)
    {
        int count = 0;
        foreach (DtlsHandshake handshake in _handshakes.Values)
        {
            // One IPv6 host has a whole /64.
            TransportAddress other = handshake.Client.Address;
            count += client.Family == AddressFamily.IPv6 && other.Family == AddressFamily.IPv6
                ? Convert.ToInt32(other.High == client.High)
                : Convert.ToInt32(other.SameAddress(client));
        }

        return count;
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
                Put(handshake!, copy);
                return;
            }

            switch (outcome)
            {
                case RecordOutcome.Data:
                    _send(_server.OnClientDatagram(session.FiveTuple, plaintext, now), trafficClass);
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
                SendRaw(session.Client, flight);
            }
        }
    }

    private void Put(DtlsHandshake handshake, ReadOnlySpan<byte> datagram)
    {
        if (!handshake.TryPut(datagram))
        {
            _server.Counters.Count(DropReason.DtlsHandshakeQueueFull);
        }
    }

    private void SendFlight(DtlsHandshake handshake, ReadOnlyMemory<byte> datagram)
    {
        if (IsCurrent(handshake))
        {
            SendRaw(handshake.Client, datagram.Span);
        }
    }

    private void OnDone(DtlsHandshake handshake, HandshakeResult result)
    {
        Counters.Count(result);
        if (!IsCurrent(handshake))
        {
            handshake.Protection?.Dispose();
            return;
        }

        FiveTuple fiveTuple = handshake.Client.FiveTuple();
        _handshakes.Remove(fiveTuple);
        if (result != HandshakeResult.Completed)
        {
            return;
        }

        long now = _clock.Now;
        if (_sessions.TryFind(fiveTuple, out DtlsSession? old))
        {
            Close(old, say: false, now);
        }

        DtlsSession session = _sessions.Add(handshake, now);
        Counters.Sessions = _sessions.Count;
        foreach (byte[] early in handshake.TakeRest())
        {
            if (_sessions.ByPath(session.FiveTuple.Path) is not null)
            {
                OnRecords(session, handshake: null, early, trafficClass: 0, now);
            }
        }
    }

    private bool IsCurrent(DtlsHandshake handshake) =>
        _handshakes.TryGetValue(handshake.Client.FiveTuple(), out DtlsHandshake? current) && current == handshake;

    private void Close(DtlsSession session, bool say, long now)
    {
        if (say)
        {
            Send(session, ContentType.Alert, [WarningLevel, CloseNotify], trafficClass: 0);
        }

        _sessions.Remove(session);
        Counters.Sessions = _sessions.Count;
        _server.OnClientClosed(session.FiveTuple, now);
    }

    private void Send(DtlsSession session, ContentType type, ReadOnlySpan<byte> plaintext, byte trafficClass)
    {
        Span<byte> record = _reactor.Rent(plaintext.Length + session.Overhead);
        if (session.TrySeal(type, plaintext, record))
        {
            _reactor.Send(session.Client.Listener.Socket, record, session.Client.Destination, session.Client.Source, trafficClass);
        }
    }

    private void SendRaw(DtlsClient client, ReadOnlySpan<byte> datagram) =>
        _reactor.Send(client.Listener.Socket, datagram, client.Destination, client.Source);
}
