using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Turnpike.Edge.Options;
using Turnpike.Edge.Tests.Host;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Edge.Transport;
using Turnpike.Edge.Transport.Dtls;
using Turnpike.Edge.Transport.Streams;
using Turnpike.Protocol;
using Turnpike.Server;
using Turnpike.Sockets;
using Turnpike.Testing;

namespace Turnpike.Edge.Tests.Dtls;

/// <summary>The test's thread is the shard's, so that what it allocates can be counted.</summary>
public sealed class DataPathAllocationTests
{
    [Fact]
    public async Task Relaying_over_DTLS_allocates_nothing()
    {
        using TestCertificates files = DtlsRelay.Certificates();
        using var shard = new HandShard(files);
        using Socket peer = RunningRelay.Client();
        using var client = new DtlsTestClient(shard.Port);
        Task<TransportAddress> prepared = Task.Run(
            () =>
            {
                client.Connect();
                (byte[] nonce, TransportAddress relayed) = client.Allocate();
                client.Bind(nonce, peer);
                return relayed;
            },
            TestContext.Current.CancellationToken);
        while (!prepared.IsCompleted)
        {
            shard.Turn(10);
        }

        EndPoint relayed = (await prepared).ToIPEndPoint();
        Relay(500); // what is made once is made now
        long allocated = Relay(5000);
        Assert.Equal(0, allocated);
        Assert.Equal(5500, shard.Server.Counters.PacketsToPeers);
        Assert.Equal(5500, shard.Server.Counters.PacketsToClients);

        // One datagram each way at a time; only the shard's own turns are counted.
        long Relay(int count)
        {
            byte[] message = [0x40, 0, 0, 4, .. "ping"u8];
            byte[] buffer = new byte[100];
            long sum = 0;
            for (int i = 0; i < count; i++)
            {
                client.Send(message);
                sum += Counted(shard, ClientPackets(shard) + 1, ClientPackets);
                peer.Receive(buffer);
                peer.SendTo(buffer.AsSpan(0, 4), relayed);
                sum += Counted(shard, PeerPackets(shard) + 1, PeerPackets);
                client.Socket.Receive(buffer);
            }

            return sum;
        }
    }

    private static long ClientPackets(HandShard shard) => shard.Server.Counters.PacketsToPeers;

    private static long PeerPackets(HandShard shard) => shard.Server.Counters.PacketsToClients;

    private static long Counted(HandShard shard, long until, Func<HandShard, long> packets)
    {
        AllocationWindow window = AllocationWindow.Open();
        while (packets(shard) < until)
        {
            shard.Turn(1000);
        }

        return window.IsDisturbed ? 0 : window.Bytes;
    }

    /// <summary>A shard that turns when it is told to.</summary>
    private sealed class HandShard : IDatagramHandler, IDisposable
    {
        private readonly DatagramReactor _reactor = DatagramReactor.Create();
        private readonly ConcurrentQueue<Action> _inbox = new();
        private readonly ShardClock _clock = new(TimeProvider.System);
        private readonly ServerCertificates _certificates;
        private readonly ShardDtls _dtls;
        private readonly Listener _listener;

        public HandShard(TestCertificates files)
        {
            EdgeSettings settings = Reading.Good(
                [("Edge:Users:0", $"{RunningRelay.User}:{RunningRelay.Password}"), ("Edge:Peers:AllowPrivate:0", "127.0.0.0/8"), .. files.Settings]);
            TransportAddress loopback = TransportAddress.From(IPAddress.Loopback, 0);
            RelayInterface[] interfaces = [new(loopback, loopback, new RelayPorts(49_152, 65_535))];
            var pool = new RelaySocketPool(_reactor, interfaces, new DatagramSocketOptions(), _ => { });
            var rules = new LocalRules(settings, TimeProvider.System);
            rules.UsePlaces(new RelayPlaces([], 49_152, 65_535, [], NatDiscovery: null));
            Server = new TurnServer(rules.PolicyOf(0), pool, new LocalQuotaGate(0, 0, 0), new ReservationTable());
            Server.OnTick(_clock.Now, _clock.UnixNow);
            _certificates = new ServerCertificates(settings, TimeProvider.System, NullLogger<ServerCertificates>.Instance);
            _certificates.Start();
            _dtls = new ShardDtls(
                _reactor, Server, _clock, new DtlsHandshakes(() => _certificates.Current!, 4, 10_000), (10, 1452), _inbox.Enqueue, Send);
            Assert.True(_reactor.TryOpen(
                SocketEndpoint.IPv4(0x7F000001, 0), new DatagramSocketOptions(), null, out DatagramSocket? socket, out _));
            _listener = new Listener(0, socket, isWildcard: false, _dtls, isPlain: false);
            socket.State = _listener;
        }

        public TurnServer Server { get; }

        public int Port => _listener.Local.Port;

        public void Turn(int waitMilliseconds)
        {
            while (_inbox.TryDequeue(out Action? action))
            {
                action();
            }

            _reactor.Poll(waitMilliseconds, this);
        }

        public void OnDatagram(DatagramSocket socket, in ReceivedDatagram datagram)
        {
            TransportAddress source = datagram.Source.ToTransportAddress();
            if (socket.State is RelaySocket relay)
            {
                Send(Server.OnPeerDatagram(relay, source, datagram.Buffer, datagram.Offset, datagram.Length, _clock.Now), 0);
            }
            else
            {
                _dtls.OnDatagram(_listener, source, _listener.Local, datagram.Payload, 0, _clock.Now);
            }
        }

        public void OnIcmpError(DatagramSocket socket, in IcmpError error)
        {
        }

        public void Dispose()
        {
            _dtls.Dispose();
            _reactor.Dispose();
            _certificates.Dispose();
        }

        private void Send(in Egress egress, byte trafficClass)
        {
            if (egress.Kind == EgressKind.ToClient)
            {
                _dtls.Send(egress, trafficClass);
            }
            else if (egress.Kind == EgressKind.ToPeer)
            {
                _reactor.Send(((RelaySocket)egress.Relay!).Socket, egress.Datagram, egress.Peer.ToSocketEndpoint(), default);
            }
        }
    }
}
