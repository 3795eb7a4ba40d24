using System.Net;
using System.Net.Sockets;
using Turnpike.Edge.Transport;
using Turnpike.Protocol;
using Turnpike.Server;
using Turnpike.Sockets;
using AddressFamily = Turnpike.Protocol.AddressFamily;

namespace Turnpike.Edge.Tests.Transport;

public sealed class RelaySocketPoolTests : IDisposable
{
    private static readonly TransportAddress Loopback = TransportAddress.From(IPAddress.Loopback, 0);

    private readonly DatagramReactor _reactor = DatagramReactor.Create();
    private readonly List<SocketError> _exhausted = [];

    public void Dispose() => _reactor.Dispose();

    [Fact]
    public void A_relay_is_bound_and_gives_its_port_back()
    {
        RelayInterface on = On(1024, 65_535);
        RelaySocketPool pool = Pool(_reactor, on);
        Assert.Equal(RelayOpening.Opened, pool.TryOpen(AddressFamily.IPv4, Loopback, PortParity.Any, out Relay? relay, out _));
        Assert.Equal(1, on.Ports.Used);
        Assert.True(IsBound(relay!.Local.Port));
        pool.Close(relay);
        Assert.Equal(0, on.Ports.Used);
        Assert.False(IsBound(relay.Local.Port));
    }

    [Fact]
    public void Clients_are_told_the_public_address_with_the_same_port()
    {
        TransportAddress told = TransportAddress.From(IPAddress.Parse("203.0.113.7"), 0);
        RelaySocketPool pool = Pool(_reactor, new RelayInterface(Loopback, told, new RelayPorts(1024, 65_535)));
        pool.TryOpen(AddressFamily.IPv4, Loopback, PortParity.Any, out Relay? relay, out _);
        Assert.Equal(told.WithPort(relay!.Local.Port), relay.Address);
    }

    [Fact]
    public void A_port_that_another_program_holds_is_passed_over()
    {
        using Socket other = Bind(0);
        int taken = ((IPEndPoint)other.LocalEndPoint!).Port;
        int neighbour = taken < 65_535 ? taken + 1 : taken - 1;
        RelayInterface on = On(Math.Min(taken, neighbour), Math.Max(taken, neighbour));
        RelaySocketPool pool = Pool(_reactor, on);
        for (int i = 0; i < 20; i++)
        {
            RelayOpening opening = pool.TryOpen(AddressFamily.IPv4, Loopback, PortParity.Any, out Relay? relay, out _);
            if (opening == RelayOpening.Opened)
            {
                Assert.Equal(neighbour, relay!.Local.Port);
                pool.Close(relay);
            }

            Assert.Equal(0, on.Ports.Used);
        }
    }

    [Fact]
    public void A_range_that_others_hold_has_no_capacity_and_says_why()
    {
        using Socket other = Bind(0);
        int taken = ((IPEndPoint)other.LocalEndPoint!).Port;
        RelayInterface on = On(taken, taken);
        Assert.Equal(
            RelayOpening.NoCapacity, Pool(_reactor, on).TryOpen(AddressFamily.IPv4, Loopback, PortParity.Any, out Relay? relay, out _));
        Assert.Null(relay);
        Assert.Equal(0, on.Ports.Used);
        Assert.Equal([SocketError.AddressAlreadyInUse], _exhausted);
    }

    [Fact]
    public void A_full_range_has_no_capacity_and_blames_nobody()
    {
        RelaySocketPool pool = Pool(_reactor, On(0, -1));
        Assert.Equal(RelayOpening.NoCapacity, pool.TryOpen(AddressFamily.IPv4, Loopback, PortParity.Any, out _, out _));
        Assert.Empty(_exhausted);
    }

    [Fact]
    public void A_family_without_an_address_is_not_supported()
    {
        RelaySocketPool pool = Pool(_reactor, On(1024, 65_535));
        Assert.Equal(RelayOpening.FamilyNotSupported, pool.TryOpen(AddressFamily.IPv6, Loopback, PortParity.Any, out _, out _));
    }

    [Fact]
    public void The_address_that_the_request_came_in_on_is_preferred()
    {
        TransportAddress second = TransportAddress.From(IPAddress.Parse("127.0.0.2"), 0);
        RelaySocketPool pool = Pool(_reactor, On(1024, 65_535), new RelayInterface(second, second, new RelayPorts(1024, 65_535)));
        pool.TryOpen(AddressFamily.IPv4, second.WithPort(3478), PortParity.Any, out Relay? relay, out _);
        Assert.True(relay!.Local.SameAddress(second));
        pool.TryOpen(AddressFamily.IPv4, TransportAddress.From(IPAddress.Parse("127.0.0.9"), 3478), PortParity.Any, out relay, out _);
        Assert.True(relay!.Local.SameAddress(Loopback));
    }

    [Fact]
    public void A_reserved_port_waits_unread_and_another_shard_takes_it_over_with_what_has_come()
    {
        RelayInterface on = On(1024, 65_535);
        RelaySocketPool first = Pool(_reactor, on);
        first.TryOpen(AddressFamily.IPv4, Loopback, PortParity.EvenAndReserveNext, out Relay? relay, out Relay? reserved);
        Assert.Equal(0, relay!.Local.Port % 2);
        Assert.Equal(relay.Local.Port + 1, reserved!.Local.Port);

        using Socket peer = Bind(0);
        peer.SendTo("early"u8, new IPEndPoint(IPAddress.Loopback, reserved.Local.Port));
        var here = new Received();
        _reactor.Poll(0, here);
        Assert.Empty(here.Payloads);

        using DatagramReactor other = DatagramReactor.Create();
        Pool(other, on).Adopt(reserved);
        var there = new Received();
        other.Poll(5000, there);
        Assert.Equal(["early"], there.Payloads);
        Pool(other, on).Close(reserved);
        Assert.Equal(1, on.Ports.Used);
    }

    private static RelayInterface On(int minPort, int maxPort) => new(Loopback, Loopback, new RelayPorts(minPort, maxPort));

    private static Socket Bind(int port)
    {
        var socket = new Socket(System.Net.Sockets.AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        return socket;
    }

    private static bool IsBound(int port)
    {
        try
        {
            Bind(port).Dispose();
            return false;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return true;
        }
    }

    private RelaySocketPool Pool(DatagramReactor reactor, params RelayInterface[] interfaces) =>
        new(reactor, interfaces, new DatagramSocketOptions { ReceiveBuffer = 65_536, SendBuffer = 65_536 }, _exhausted.Add);

    private sealed class Received : IDatagramHandler
    {
        public List<string> Payloads { get; } = [];

        public void OnDatagram(DatagramSocket socket, in ReceivedDatagram datagram) =>
            Payloads.Add(System.Text.Encoding.ASCII.GetString(datagram.Payload));

        public void OnIcmpError(DatagramSocket socket, in IcmpError error)
        {
        }
    }
}
