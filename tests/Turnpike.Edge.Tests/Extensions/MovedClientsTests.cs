using Turnpike.Edge.Tests.Transport;
using Turnpike.Edge.Transport;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;
using Turnpike.Server;
using Turnpike.Sockets;

namespace Turnpike.Edge.Tests.Extensions;

/// <summary>Handing datagrams from shard to shard, with shards whose threads do not run.</summary>
public sealed class MovedClientsTests : IDisposable
{
    private static readonly TransportAddress Server = TransportAddress.IPv4(0x7F000001, 3478);
    private readonly ServerPolicy _policy = new()
    {
        Realm = "turnpike",
        Credentials = new StaticUsers("turnpike", [Alice()]),
        NonceKeys = [NonceKey.Create()],
        TicketKeys = [TicketKey.Create()],
    };

    private readonly ShardClock _clock = new(TimeProvider.System);
    private readonly List<Shard> _shards = [];
    private readonly List<MovedClients> _moved = [];
    private byte[] _ticket = [];

    public void Dispose() => _shards.ForEach(shard => shard.Dispose());

    [Fact]
    public void A_shard_that_does_not_keep_up_is_handed_no_more_and_what_is_dropped_is_counted()
    {
        Open(capacity: 10);
        (FiveTuple tuple, byte[] request) = Move(port: 4000);
        for (int i = 0; i < MovedClients.MaxWaiting; i++)
        {
            Assert.True(_moved[0].TryForward(tuple, request, 0, _clock.Now));
        }

        Assert.Equal(0, Dropped());
        Assert.True(_moved[0].TryForward(tuple, request, 0, _clock.Now));
        Assert.Equal(1, Dropped());

        _moved[1].Read(); // a round's share makes room
        Assert.True(_moved[0].TryForward(tuple, request, 0, _clock.Now));
        Assert.Equal(1, Dropped());
    }

    [Fact]
    public void Clients_beyond_the_capacity_are_not_handed_on()
    {
        Open(capacity: 2);
        for (int port = 4000; port < 4004; port++)
        {
            (FiveTuple tuple, byte[] request) = Move(port);
            Assert.Equal(port < 4002, _moved[0].TryForward(tuple, request, 0, _clock.Now));
        }

        Assert.Equal(2, _moved[0].Count);
    }

    [Fact]
    public void What_asks_for_no_move_stays()
    {
        Open(capacity: 2);
        (FiveTuple tuple, byte[] request) = Move(port: 4000);
        Assert.False(_moved[0].TryForward(tuple, "data"u8, 0, _clock.Now));
        Assert.False(_moved[1].TryForward(tuple, request, 0, _clock.Now)); // it is this shard's own
        Assert.Equal(0, _moved[0].Count);
    }

    private void Open(int capacity)
    {
        for (byte i = 0; i < 2; i++)
        {
            DatagramReactor reactor = DatagramReactor.Create(new ReactorOptions { Portable = true });
            var pool = new RelaySocketPool(reactor, [Loopback()], new DatagramSocketOptions(), _ => { });
            var server = new TurnServer(_policy, pool, new LocalQuotaGate(0, 0, 0), new ReservationTable()) { Shard = i };
            server.OnTick(_clock.Now, _clock.UnixNow);
            var shard = new Shard(i, null, reactor, server, _clock, preserveTrafficClass: false, _ => { }, _ => { });
            _shards.Add(shard);
            _moved.Add(new MovedClients(shard, _clock, (in Egress _, byte _) => { }, capacity));
        }

        _moved.ForEach(moved => moved.All = _moved);

        // A ticket of the second shard.
        FiveTuple tuple = Tuple(port: 1);
        byte[] nonce = Challenge(_shards[1], tuple, StunMethod.Allocate);
        byte[] request = RunningRelay.Request(StunMethod.Allocate, nonce, (ref StunMessageWriter writer) =>
        {
            RequestedTransport.Write(ref writer, 17);
            MobilityTicket.Write(ref writer, []);
        });
        Egress granted = _shards[1].Server.OnClientDatagram(in tuple, request, _clock.Now);
        Assert.Equal(StunParseResult.Ok, StunMessage.TryParse(granted.Datagram, out StunMessage message));
        Assert.Equal(AttributeResult.Ok, MobilityTicket.Read(message, out ReadOnlySpan<byte> ticket));
        _ticket = ticket.ToArray();
    }

    /// <summary>A Refresh that the first shard has challenged, with a ticket of the second.</summary>
    private (FiveTuple FiveTuple, byte[] Request) Move(int port)
    {
        FiveTuple tuple = Tuple(port);
        byte[] nonce = Challenge(_shards[0], tuple, StunMethod.Refresh);
        return (tuple, RunningRelay.Request(
            StunMethod.Refresh, nonce, (ref StunMessageWriter writer) => MobilityTicket.Write(ref writer, _ticket)));
    }

    private byte[] Challenge(Shard shard, FiveTuple tuple, StunMethod method)
    {
        Egress challenge = shard.Server.OnClientDatagram(in tuple, RunningRelay.Request(method), _clock.Now);
        Assert.Equal(StunParseResult.Ok, StunMessage.TryParse(challenge.Datagram, out StunMessage message));
        Assert.Equal(AttributeResult.Ok, Nonce.Read(message, out ReadOnlySpan<byte> nonce));
        return nonce.ToArray();
    }

    private long Dropped() => _shards[0].Server.Counters.Drops(DropReason.MovedClientQueueFull);

    private static FiveTuple Tuple(int port) =>
        new(TransportAddress.IPv4(0x7F000001, (ushort)port), Server, ClientTransport.Udp);

    private static RelayInterface Loopback()
    {
        TransportAddress address = TransportAddress.IPv4(0x7F000001, 0);
        return new RelayInterface(address, address, new RelayPorts(49152, 65535));
    }

    private static StaticUser Alice()
    {
        byte[] md5 = new byte[LongTermKey.Md5Length];
        byte[] sha256 = new byte[LongTermKey.Sha256Length];
        byte[] name = System.Text.Encoding.ASCII.GetBytes(RunningRelay.User);
        byte[] password = System.Text.Encoding.ASCII.GetBytes(RunningRelay.Password);
        LongTermKey.Md5(name, "turnpike"u8, password, md5);
        LongTermKey.Sha256(name, "turnpike"u8, password, sha256);
        return new StaticUser(RunningRelay.User, md5, sha256);
    }
}
