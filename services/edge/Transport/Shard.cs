using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Turnpike.Edge.Transport.Dtls;
using Turnpike.Edge.Transport.Streams;
using Turnpike.Edge.Transport.TcpRelay;
using Turnpike.Protocol;
using Turnpike.Server;
using Turnpike.Sockets;

namespace Turnpike.Edge.Transport;

/// <summary>Something that the server is told or asked outside of its datagrams.</summary>
internal delegate Egress ServerQuestion(TurnServer server, long now);

/// <summary>
/// One shard: a thread with its own sockets, allocations, timers and buffers, which shares nothing with the others on the data
/// path. Here packets enter and leave.
/// </summary>
/// <remarks>
/// <code>
///             1 OnDatagram          2–4 TurnServer.OnClientDatagram        Relay → reactor.Send
///  client ───────────────► listener ─────────────────────────────► relay ───────────────► peer
///  client ◄─────────────── listener ◄───────────────────────────── relay ◄─────────────── peer
///          ToClient → reactor.Send  5–7 TurnServer.OnPeerDatagram ▲        1 OnDatagram
///                                       the peer is a relay of this shard ┘ (from 4, without the kernel)
/// </code>
/// </remarks>
internal sealed class Shard : IDatagramHandler, IShardInbox, IDisposable
{
    private const int TickMilliseconds = 250;
    private const int MaxNearPayload = DatagramReactor.MaxDatagram - TurnServer.PeerHeadroom - TurnServer.PeerTailroom;

    private readonly DatagramReactor _reactor;
    private readonly ShardClock _clock;
    private readonly bool _preserveTrafficClass;
    private readonly List<Listener> _listeners = [];
    private readonly ConcurrentQueue<Action<TurnServer>> _inbox = new();
    private readonly Thread _thread;
    private readonly Action<Exception> _onFailed;
    private readonly Action<long> _onLate;
    private readonly int? _cpu;
    private ShardRelays? _relays;
    private volatile bool _stopping;
    private volatile ProcessorTime? _busy;

    public Shard(
        int number,
        int? cpu,
        DatagramReactor reactor,
        TurnServer server,
        ShardClock clock,
        bool preserveTrafficClass,
        Action<long> onLate,
        Action<Exception> onFailed)
    {
        _reactor = reactor;
        _clock = clock;
        _preserveTrafficClass = preserveTrafficClass;
        _onLate = onLate;
        _onFailed = onFailed;
        _cpu = cpu;
        Server = server;
        Streams = new ShardStreams(server, clock, reactor.Wake, Send);
        _thread = new Thread(Run) { Name = $"shard-{number}", IsBackground = true };
    }

    public TurnServer Server { get; }

    /// <summary>Processor time that the shard's thread has used.</summary>
    public TimeSpan BusyTime => _busy?.Read() ?? TimeSpan.Zero;

    public ReactorCounters Sockets => _reactor.Counters;

    public IReadOnlyList<Listener> Listeners => _listeners;

    /// <summary>The shard's TCP and TLS clients.</summary>
    public ShardStreams Streams { get; }

    /// <summary>What has been relayed over TCP; null where that is switched off.</summary>
    public TcpRelayCounters? TcpRelay { get; private set; }

    /// <summary>Null where no listener serves DTLS.</summary>
    public ShardDtls? Dtls { get; private set; }

    /// <summary>Null where mobility is off, or there is one shard only.</summary>
    public MovedClients? Moved { get; private set; }

    private bool HasWork => Streams.HasWork || Moved is { HasWork: true } || Dtls?.Moved is { HasWork: true };

    /// <summary>Before <see cref="Start"/>: opens a socket on the shard's reactor.</summary>
    public bool TryOpen(
        in SocketEndpoint local, DatagramSocketOptions options, [NotNullWhen(true)] out DatagramSocket? socket, out SocketError error) =>
        _reactor.TryOpen(local, options, state: null, out socket, out error);

    /// <summary>Before <see cref="Start"/>: adds a socket that clients send to.</summary>
    public void Add(Listener listener)
    {
        listener.Socket.State = listener;
        _listeners.Add(listener);
    }

    /// <summary>Before <see cref="Add"/>: prepares for listeners that serve DTLS.</summary>
    public ShardDtls UseDtls(DtlsHandshakes handshakes, int sessions, int maxDatagram) =>
        Dtls ??= new ShardDtls(
            _reactor, Server, _clock, handshakes, (sessions, maxDatagram), action => Post(_ => action()), Send);

    /// <summary>Before <see cref="Start"/>: has what is sent to one of these addresses delivered without the kernel.</summary>
    public void UseRelays(ShardRelays relays) => _relays = relays;

    /// <summary>Before <see cref="Start"/>: joins the shard and the TCP connections of its allocations.</summary>
    /// <param name="connections">The connections.</param>
    /// <param name="owner">The clients of the shard that a CONNECTION-ID belongs to.</param>
    public void UseTcpRelay(PeerConnections connections, Func<uint, ShardStreams> owner)
    {
        connections.Serve(this);
        TcpRelay = connections.Counters;
        Streams.ConnectionIdOwner = owner;
    }

    /// <summary>Before <see cref="Start"/>: prepares for clients that move from shard to shard (RFC 8016).</summary>
    public MovedClients UseMobility() => Moved = new MovedClients(this, _clock, Send);

    public void Start()
    {
        // Credentials are judged by the wall clock from the first datagram on.
        Tick(_clock.Now);
        _thread.Start();
    }

    /// <summary>Has the shard's thread do something between two rounds.</summary>
    public void Post(Action<TurnServer> action)
    {
        _inbox.Enqueue(action);
        _reactor.Wake();
    }

    /// <summary>Has the shard's thread look into its inboxes. Thread-safe.</summary>
    public void Wake() => _reactor.Wake();

    /// <summary>Has the shard's thread ask the server something, and send what it answers.</summary>
    public void Ask(ServerQuestion question) => Post(server => Send(question(server, _clock.Now), trafficClass: 0));

    /// <summary>Ends the thread and closes the sockets.</summary>
    public void Dispose()
    {
        _stopping = true;
        if (_thread.IsAlive)
        {
            _reactor.Wake();
            _thread.Join();
        }

        _reactor.Dispose();
    }

    public void OnDatagram(DatagramSocket socket, in ReceivedDatagram datagram)
    {
        long now = _clock.Now;
        if (socket.State is Listener listener)
        {
            TransportAddress server = listener.IsWildcard
                ? datagram.Destination.ToTransportAddress().WithPort(listener.Local.Port)
                : listener.Local;
            TransportAddress client = datagram.Source.ToTransportAddress();
            if (listener.Dtls is { } dtls
                && datagram.Length > 0
                && Demultiplexer.Classify(datagram.Payload[0]) == DatagramKind.Dtls)
            {
                dtls.OnDatagram(listener, client, server, datagram.Payload, datagram.TrafficClass, now);
                return;
            }

            if (!listener.IsPlain)
            {
                Server.Counters.Count(DropReason.NotDtls);
                return;
            }

            var fiveTuple = new FiveTuple(client, server, ClientTransport.Udp, listener.Index);
            if (Moved is { } moved && moved.TryForward(fiveTuple, datagram.Payload, datagram.TrafficClass, now))
            {
                return;
            }

            Egress egress = Server.OnClientDatagram(fiveTuple, datagram.Payload, now);
            Send(egress, datagram.TrafficClass);
        }
        else if (socket.State is RelaySocket relay)
        {
            Egress egress = Server.OnPeerDatagram(
                relay, datagram.Source.ToTransportAddress(), datagram.Buffer, datagram.Offset, datagram.Length, now);
            Send(egress, datagram.TrafficClass);
        }
    }

    public void OnIcmpError(DatagramSocket socket, in IcmpError error)
    {
        // Errors about clients need no answer: their allocations end by themselves.
        if (socket.State is RelaySocket relay)
        {
            var peerError = new PeerIcmpError(error.Destination.ToTransportAddress(), error.Type, error.Code, error.Info);
            Send(Server.OnIcmpError(relay, peerError, _clock.Now), trafficClass: 0);
        }
    }

    private void Send(in Egress egress, byte trafficClass)
    {
        // RFC 8656 section 14: application data keeps its DSCP and ECN; the server's own messages have none.
        byte outgoingClass = egress.Relayed && _preserveTrafficClass ? trafficClass : (byte)0;
        switch (egress.Kind)
        {
            case EgressKind.ToClient when egress.FiveTuple.Transport == ClientTransport.Dtls:
                Dtls!.Send(egress, outgoingClass);
                break;
            case EgressKind.ToClient when ShardStreams.IsStream(egress.FiveTuple):
                Streams.Send(egress);
                break;
            case EgressKind.ToClient:
                Listener listener = _listeners[egress.FiveTuple.Path];
                SocketEndpoint source = listener.IsWildcard ? egress.FiveTuple.Server.ToSocketEndpoint() : default;
                _reactor.Send(
                    listener.Socket, egress.Datagram, egress.FiveTuple.Client.ToSocketEndpoint(), source, outgoingClass);
                break;
            case EgressKind.ToPeer when egress.Datagram.Length <= MaxNearPayload && _relays?.Find(egress.Peer) is { } near:
                Deliver(egress, near, outgoingClass);
                break;
            case EgressKind.ToPeer:
                var relay = (RelaySocket)egress.Relay!;
                _reactor.Send(
                    relay.Socket, egress.Datagram, egress.Peer.ToSocketEndpoint(), default, outgoingClass, egress.DontFragment);
                break;
            default:
                break;
        }
    }

    /// <summary>
    /// The peer is the relayed transport address of another client of this shard, who is judged and charged as if the datagram had
    /// come back from the kernel. It is copied: not every client's datagram has room for a header.
    /// </summary>
    private void Deliver(in Egress egress, RelaySocket to, byte trafficClass)
    {
        int length = egress.Datagram.Length;
        Span<byte> buffer = _reactor.Rent(TurnServer.PeerHeadroom + length + TurnServer.PeerTailroom);
        egress.Datagram.CopyTo(buffer[TurnServer.PeerHeadroom..]);
        Send(Server.OnPeerDatagram(to, egress.Relay!.Local, buffer, TurnServer.PeerHeadroom, length, _clock.Now), trafficClass);
    }

    private void Run()
    {
        try
        {
            if (_cpu is { } cpu)
            {
                ThreadAffinity.TryPin(cpu);
            }

            _busy = ProcessorTime.OfThisThread();
            long nextTick = _clock.Now + TickMilliseconds;
            while (!_stopping)
            {
                long now = _clock.Now;
                if (now >= nextTick)
                {
                    _onLate(now - nextTick);
                    Tick(now);
                    nextTick = now + TickMilliseconds;
                }

                while (_inbox.TryDequeue(out Action<TurnServer>? action))
                {
                    action(Server);
                }

                Streams.Read();
                Streams.Flush();
                Moved?.Read();
                Dtls?.Moved?.Read();
                _reactor.Poll(HasWork ? 0 : (int)Math.Max(0, nextTick - _clock.Now), this);
                Streams.Flush();
            }

            Server.EndAllAllocations();
            Dtls?.Dispose();
            _reactor.Flush();
        }
#pragma warning disable CA1031 // Whatever ends a shard ends the process, by the way that is given, instead of the thread alone.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _onFailed(exception);
        }
    }

    private void Tick(long now)
    {
        Dtls?.OnTick(now);
        Moved?.OnTick(now);
        while (true)
        {
            Egress egress = Server.OnTick(now, _clock.UnixNow);
            if (egress.Kind == EgressKind.None)
            {
                return;
            }

            Send(egress, trafficClass: 0);
        }
    }
}
