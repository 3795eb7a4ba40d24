using System.Diagnostics.CodeAnalysis;
using Turnpike.Protocol;
using Turnpike.Server;
using Turnpike.Sockets;

namespace Turnpike.Edge.Transport.Dtls;

/// <summary>
/// What leads to the sessions of one shard: the cookie exchange, and the handshakes that compute elsewhere and come back through the
/// shard's inbox. All of it runs on the shard's thread.
/// </summary>
/// <param name="reactor">The shard's sockets.</param>
/// <param name="server">The shard's server.</param>
/// <param name="all">The handshakes of all shards.</param>
/// <param name="counters">What has come of them.</param>
/// <param name="post">Has the shard's thread do something; safe on any thread.</param>
/// <param name="completed">Makes a session of a handshake that is done.</param>
internal sealed class ShardHandshakes(
    DatagramReactor reactor,
    TurnServer server,
    DtlsHandshakes all,
    DtlsCounters counters,
    Action<Action> post,
    Action<DtlsHandshake> completed)
{
    private readonly CookieExchange _cookies = new();
    private readonly Dictionary<FiveTuple, DtlsHandshake> _handshakes = [];

    /// <summary>Handshakes in progress.</summary>
    public int Count => _handshakes.Count;

    public bool TryFind(in FiveTuple fiveTuple, [NotNullWhen(true)] out DtlsHandshake? handshake)
    {
        handshake = null;
        return _handshakes.Count > 0 && _handshakes.TryGetValue(fiveTuple, out handshake);
    }

    /// <summary>Lets time pass: a few times a second.</summary>
    public void OnTick(long now) => _cookies.OnTick(now);

    /// <summary>Stops all of them.</summary>
    public void Cancel()
    {
        foreach (DtlsHandshake handshake in _handshakes.Values)
        {
            handshake.Cancel();
        }
    }

    /// <summary>A datagram that begins with a ClientHello.</summary>
    /// <param name="listener">Where it arrived.</param>
    /// <param name="fiveTuple">Where it came from and where it arrived.</param>
    /// <param name="record">Its first record.</param>
    /// <param name="datagram">The whole of it.</param>
    /// <param name="session">The session of this client, if there is one.</param>
    /// <param name="hasRoom">Whether there may be one more session.</param>
    /// <param name="now">Milliseconds.</param>
    public void OnClientHello(
        Listener listener,
        in FiveTuple fiveTuple,
        in DtlsRecord record,
        ReadOnlySpan<byte> datagram,
        DtlsSession? session,
        bool hasRoom,
        long now)
    {
        if (!ClientHello.TryRead(datagram, record, out ClientHello hello))
        {
            server.Counters.Count(DropReason.MalformedClientHello);
            return;
        }

        TryFind(fiveTuple, out DtlsHandshake? handshake);
        if (!_cookies.IsVerified(hello, fiveTuple.Client))
        {
            Challenge(listener, fiveTuple, hello, now);
        }
        else if (handshake is not null && hello.Random.SequenceEqual(handshake.ClientRandom))
        {
            Put(handshake, datagram);
        }
        else if (session is not null && session.CameFrom(hello))
        {
            server.Counters.Count(DropReason.RepeatedClientHello);
        }
        else
        {
            Begin(listener, fiveTuple, hello, datagram, session is not null || hasRoom, handshake, now);
        }
    }

    /// <summary>Gives a handshake a datagram of its client.</summary>
    public void Put(DtlsHandshake handshake, ReadOnlySpan<byte> datagram)
    {
        if (!handshake.TryPut(datagram))
        {
            server.Counters.Count(DropReason.DtlsHandshakeQueueFull);
        }
    }

    /// <summary>Asks a stranger to prove its address. Nothing is kept, and no address is asked more often than it would hear 401.</summary>
    private void Challenge(Listener listener, in FiveTuple fiveTuple, in ClientHello hello, long now)
    {
        if (!server.MayAnswerUnauthenticated(fiveTuple.Client, now))
        {
            server.Counters.Count(DropReason.UnauthenticatedRateLimited);
            return;
        }

        Span<byte> answer = reactor.Rent(CookieExchange.ResponseLength);
        _cookies.Answer(hello, fiveTuple.Client, answer);
        SocketEndpoint source = listener.IsWildcard ? fiveTuple.Server.ToSocketEndpoint() : default;
        reactor.Send(listener.Socket, answer, fiveTuple.Client.ToSocketEndpoint(), source);
        counters.HelloVerifyRequests++;
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
        bool hasRoom,
        DtlsHandshake? old,
        long now)
    {
        if (old is not null)
        {
            // A client that began anew. The thread still holds its place, so a replay gains nothing by this.
            old.Cancel();
            _handshakes.Remove(fiveTuple);
        }

        if (!(hasRoom || old is not null)
            || datagram.Length > HandshakeTransport.ReceiveLimit
            || InProgressFrom(fiveTuple.Client) >= all.LimitPerAddress
            || !server.MayAnswerUnauthenticated(fiveTuple.Client, now)
            || !all.TryEnter())
        {
            server.Counters.Count(DropReason.DtlsHandshakeLimit);
            return;
        }

        var client = new DtlsClient(listener, fiveTuple.Client, fiveTuple.Server);
        var handshake = new DtlsHandshake(client, hello, datagram, all, post, SendFlight, OnDone);
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

    private void SendFlight(DtlsHandshake handshake, ReadOnlyMemory<byte> datagram)
    {
        if (IsCurrent(handshake))
        {
            DtlsClient client = handshake.Client;
            reactor.Send(client.Listener.Socket, datagram.Span, client.Destination, client.Source);
        }
    }

    private void OnDone(DtlsHandshake handshake, HandshakeResult result)
    {
        counters.Count(result);
        if (!IsCurrent(handshake))
        {
            handshake.Protection?.Dispose();
            return;
        }

        _handshakes.Remove(handshake.Client.FiveTuple());
        if (result == HandshakeResult.Completed)
        {
            completed(handshake);
        }
    }

    private bool IsCurrent(DtlsHandshake handshake) =>
        _handshakes.TryGetValue(handshake.Client.FiveTuple(), out DtlsHandshake? current) && current == handshake;
}
