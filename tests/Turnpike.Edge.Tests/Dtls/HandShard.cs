using System.Collections.Concurrent;
using Turnpike.Edge.Transport;
using Turnpike.Edge.Transport.Dtls;
using Turnpike.Protocol;
using Turnpike.Server;
using Turnpike.Sockets;

namespace Turnpike.Edge.Tests.Dtls;

/// <summary>A shard of DTLS clients that turns when it is told to, on whatever thread tells it.</summary>
internal sealed class HandShard : IDatagramHandler, IDisposable
{
    private readonly DatagramReactor _reactor = DatagramReactor.Create();
    private readonly ConcurrentQueue<Action> _inbox = new();
    private readonly ShardClock _clock;
    private readonly Func<ushort, HandShard?> _kernel;

    /// <summary>Opens a listener.</summary>
    /// <param name="number">Of the shard.</param>
    /// <param name="port">To listen on, with others; 0 is the system's choice.</param>
    /// <param name="policy">Of its server.</param>
    /// <param name="clock">Of all shards.</param>
    /// <param name="handshakes">Of all shards.</param>
    /// <param name="sessions">Of this shard, at most.</param>
    /// <param name="kernel">The shard that a client's port is of; null where it is the one whose socket got the datagram.</param>
    public HandShard(
        int number, int port, ServerPolicy policy, ShardClock clock, DtlsHandshakes handshakes, int sessions, Func<ushort, HandShard?> kernel)
    {
        _clock = clock;
        _kernel = kernel;
        TransportAddress loopback = TransportAddress.IPv4(0x7F000001, 0);
        RelayInterface[] interfaces = [new(loopback, loopback, new RelayPorts(49_152, 65_535))];
        var pool = new RelaySocketPool(_reactor, interfaces, new DatagramSocketOptions(), _ => { });
        Server = new TurnServer(policy, pool, new LocalQuotaGate(0, 0, 0), new ReservationTable()) { Shard = (byte)number };
        Dtls = new ShardDtls(_reactor, Server, clock, handshakes, (sessions, 1452), _inbox.Enqueue, Send);
        Assert.True(_reactor.TryOpen(
            SocketEndpoint.IPv4(0x7F000001, (ushort)port), new DatagramSocketOptions { ReusePort = true }, null, out DatagramSocket? socket, out _));
        Listener = new Listener(0, socket, isWildcard: false, Dtls, isPlain: false);
        socket.State = Listener;
        Tick();
    }

    public TurnServer Server { get; }

    public ShardDtls Dtls { get; }

    public Listener Listener { get; }

    /// <summary>Whether it leaves what other shards hand to it where it is.</summary>
    public bool IsBusy { get; set; }

    public void Turn(int waitMilliseconds)
    {
        while (_inbox.TryDequeue(out Action? action))
        {
            action();
        }

        if (!IsBusy)
        {
            Dtls.Moved?.Read();
        }

        _reactor.Poll(waitMilliseconds, this);
    }

    public void Tick()
    {
        Dtls.OnTick(_clock.Now);
        while (Server.OnTick(_clock.Now, _clock.UnixNow) is { Kind: not EgressKind.None } egress)
        {
            Send(egress, 0);
        }
    }

    public void OnDatagram(DatagramSocket socket, in ReceivedDatagram datagram)
    {
        TransportAddress source = datagram.Source.ToTransportAddress();
        if (socket.State is RelaySocket relay)
        {
            Send(Server.OnPeerDatagram(relay, source, datagram.Buffer, datagram.Offset, datagram.Length, _clock.Now), 0);
            return;
        }

        HandShard chosen = _kernel(source.Port) ?? this;
        chosen.Dtls.OnDatagram(chosen.Listener, source, chosen.Listener.Local, datagram.Payload, 0, _clock.Now);
    }

    public void OnIcmpError(DatagramSocket socket, in IcmpError error)
    {
    }

    public void Dispose()
    {
        Dtls.Dispose();
        _reactor.Dispose();
    }

    private void Send(in Egress egress, byte trafficClass)
    {
        if (egress.Kind == EgressKind.ToClient)
        {
            Dtls.Send(egress, trafficClass);
        }
        else if (egress.Kind == EgressKind.ToPeer)
        {
            _reactor.Send(((RelaySocket)egress.Relay!).Socket, egress.Datagram, egress.Peer.ToSocketEndpoint(), default);
        }
    }
}
