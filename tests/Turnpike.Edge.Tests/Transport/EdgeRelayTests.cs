using System.Net;
using System.Net.Sockets;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;
using Turnpike.ServiceDefaults.Settings;
using Turnpike.Sockets;

namespace Turnpike.Edge.Tests.Transport;

public sealed class EdgeRelayTests
{
    public static TheoryData<string> Backends() => ["false", "true"];

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task A_call_goes_through_either_backend(string portable)
    {
        await using RunningRelay running = await RunningRelay.StartAsync(
            ("Edge:Sockets:Portable", portable), ("Edge:Peers:AllowPrivate:0", "127.0.0.0/8"));
        var server = new IPEndPoint(IPAddress.Loopback, running.Port);
        using Socket client = RunningRelay.Client();
        using Socket peer = RunningRelay.Client();
        var peerAddress = TransportAddress.From((IPEndPoint)peer.LocalEndPoint!);
        (byte[] nonce, TransportAddress relayed) = RunningRelay.Allocate(client, server);
        Assert.Equal(0, RunningRelay.Code(RunningRelay.Ask(client, server, RunningRelay.Request(StunMethod.ChannelBind, nonce, Bind)).Answer));

        client.SendTo([0x40, 0, 0, 4, .. "ping"u8], server);
        byte[] buffer = new byte[100];
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        int length = peer.ReceiveFrom(buffer, ref from);
        Assert.Equal("ping"u8.ToArray(), buffer[..length]);
        Assert.Equal(relayed.ToIPEndPoint(), from);

        peer.SendTo("pong!"u8, relayed.ToIPEndPoint());
        length = client.Receive(buffer);
        Assert.Equal([0x40, 0, 0, 5, .. "pong!"u8], buffer[..length]);

        RelaySnapshot snapshot = running.Relay.Read();
        Assert.Equal(new Traffic(1, 4), snapshot.ClientToPeer);
        Assert.Equal(new Traffic(1, 5), snapshot.PeerToClient);
        Assert.Equal(1, snapshot.Allocations);
        Assert.Equal(1, snapshot.RelayPortsUsed);
        Assert.Equal(1, snapshot.Requests.Single(request => request is { Method: "allocate", Code: "success" }).Count);
        Assert.Equal(1, snapshot.Requests.Single(request => request is { Method: "allocate", Code: "401" }).Count);

        void Bind(ref StunMessageWriter writer)
        {
            ChannelNumber.Write(ref writer, 0x4000);
            XorPeerAddress.Write(ref writer, peerAddress);
        }
    }

    [Fact]
    public async Task A_wildcard_listener_answers_from_the_address_that_was_asked_and_relays_there()
    {
        await using RunningRelay running = await RunningRelay.StartAsync(("Edge:Listeners:0", "udp://0.0.0.0:0"));
        using Socket client = RunningRelay.Client();
        var server = new IPEndPoint(IPAddress.Parse("127.0.0.1"), running.Port);
        (byte[] answer, IPEndPoint from) = RunningRelay.Ask(client, server, RunningRelay.Request(StunMethod.Binding));
        Assert.Equal(server, from);
        Assert.Equal(0, RunningRelay.Code(answer));
        Assert.Equal(IPAddress.Loopback, RunningRelay.Allocate(client, server).Relayed.ToIPEndPoint().Address);
        (_, from) = RunningRelay.Ask(client, new IPEndPoint(IPAddress.Parse("127.0.0.5"), running.Port), RunningRelay.Request(StunMethod.Binding));
        Assert.Equal(IPAddress.Parse("127.0.0.5"), from.Address);
    }

    [Fact]
    public async Task The_edges_own_listening_addresses_are_no_peers_even_where_their_range_is_opened()
    {
        await using RunningRelay running = await RunningRelay.StartAsync(
            ("Edge:Peers:AllowPrivate:0", "127.0.0.0/8"), ("Edge:Management", "http://127.0.0.1:9641"));
        var server = new IPEndPoint(IPAddress.Loopback, running.Port);
        using Socket client = RunningRelay.Client();
        (byte[] nonce, _) = RunningRelay.Allocate(client, server);
        Assert.Equal(403, Bind(0x4000, server));
        Assert.Equal(403, Bind(0x4001, new IPEndPoint(IPAddress.Loopback, 9641)));
        Assert.Equal(0, Bind(0x4002, new IPEndPoint(IPAddress.Loopback, 9999)));

        int Bind(ushort number, IPEndPoint peer)
        {
            void Write(ref StunMessageWriter writer)
            {
                ChannelNumber.Write(ref writer, number);
                XorPeerAddress.Write(ref writer, TransportAddress.From(peer));
            }

            return RunningRelay.Code(RunningRelay.Ask(client, server, RunningRelay.Request(StunMethod.ChannelBind, nonce, Write)).Answer);
        }
    }

    [Fact]
    public async Task A_draining_relay_refuses_new_allocations_and_keeps_the_old_ones()
    {
        await using RunningRelay running = await RunningRelay.StartAsync();
        var server = new IPEndPoint(IPAddress.Loopback, running.Port);
        using Socket client = RunningRelay.Client();
        (byte[] nonce, _) = RunningRelay.Allocate(client, server);
        running.Relay.BeginDrain();
        Assert.Equal(RelayState.Draining, running.Relay.State);

        using Socket late = RunningRelay.Client();
        static void Udp(ref StunMessageWriter writer) => RequestedTransport.Write(ref writer, 17);
        byte[] challenge = RunningRelay.Ask(late, server, RunningRelay.Request(StunMethod.Allocate, attributes: Udp)).Answer;
        StunMessage.TryParse(challenge, out StunMessage message);
        Nonce.Read(message, out ReadOnlySpan<byte> lateNonce);
        byte[] refused = RunningRelay.Ask(late, server, RunningRelay.Request(StunMethod.Allocate, lateNonce.ToArray(), Udp)).Answer;
        Assert.Equal(StunErrorCode.InsufficientCapacity, RunningRelay.Code(refused));
        Assert.Equal(0, RunningRelay.Code(RunningRelay.Ask(client, server, RunningRelay.Request(StunMethod.Refresh, nonce)).Answer));
        Assert.Equal(1, running.Relay.Allocations);
    }

    [Fact]
    public async Task Every_shard_shares_the_port_that_the_system_chose()
    {
        await using RunningRelay running = await RunningRelay.StartAsync(("Edge:Shards", "3"));
        Assert.Equal(3, running.Relay.Read().Shards);
        var server = new IPEndPoint(IPAddress.Loopback, running.Port);
        for (int i = 0; i < 24; i++)
        {
            using Socket client = RunningRelay.Client(); // each 5-tuple goes to the shard that the kernel picks
            RunningRelay.Allocate(client, server);
        }

        Assert.Equal(24, running.Relay.Allocations);
    }

    [Fact]
    public async Task An_address_that_cannot_be_bound_ends_the_start_and_names_the_setting()
    {
        SettingsException exception = await Assert.ThrowsAsync<SettingsException>(
            () => RunningRelay.StartAsync(("Edge:Listeners:0", "udp://192.0.2.1:3478")));
        Assert.Contains("Edge:Listeners:0", exception.Message, StringComparison.Ordinal);
        Assert.Contains("192.0.2.1:3478", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_another_process_would_share_ends_the_start_and_names_the_setting()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere there is one shard, which shares its port with nobody.");
        await using RunningRelay other = await RunningRelay.StartAsync(("Edge:Shards", "2"));
        SettingsException exception = await Assert.ThrowsAsync<SettingsException>(
            () => RunningRelay.StartAsync(("Edge:Shards", "2"), ("Edge:Listeners:0", $"udp://127.0.0.1:{other.Port}")));
        Assert.Contains($"Edge:Listeners:0 = \"udp://127.0.0.1:{other.Port}\": cannot listen there", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_relay_address_that_is_not_of_this_machine_ends_the_start_and_names_the_setting()
    {
        SettingsException exception = await Assert.ThrowsAsync<SettingsException>(
            () => RunningRelay.StartAsync(("Edge:Relay:Addresses:0", "192.0.2.1")));
        Assert.Contains("Edge:Relay:Addresses:0 = \"192.0.2.1\"", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("true", 0xBA)]
    [InlineData("false", 0)]
    public async Task DSCP_and_ECN_are_copied_unless_that_is_switched_off(string preserve, byte expected)
    {
        await using RunningRelay running = await RunningRelay.StartAsync(
            ("Edge:Peers:AllowPrivate:0", "127.0.0.0/8"), ("Edge:Relay:PreserveTrafficClass", preserve));
        var server = new IPEndPoint(IPAddress.Loopback, running.Port);
        using Socket client = RunningRelay.Client();
        using DatagramReactor reactor = DatagramReactor.Create();
        Assert.True(reactor.TryOpen(
            SocketEndpoint.IPv4(0x7F000001, 0), new DatagramSocketOptions { ReceiveTrafficClass = true }, null, out DatagramSocket? peer, out _));
        var peerAddress = TransportAddress.From(peer.Local.ToIPEndPoint());
        (byte[] nonce, _) = RunningRelay.Allocate(client, server);
        void Bind(ref StunMessageWriter writer)
        {
            ChannelNumber.Write(ref writer, 0x4000);
            XorPeerAddress.Write(ref writer, peerAddress);
        }

        RunningRelay.Ask(client, server, RunningRelay.Request(StunMethod.ChannelBind, nonce, Bind));
        client.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.TypeOfService, 0xBA); // EF with ECT(0)
        client.SendTo([0x40, 0, 0, 6, .. "marked"u8], server);
        var seen = new TrafficClasses();
        reactor.Poll(10_000, seen);
        Assert.Equal([expected], seen.Values);
    }

    private sealed class TrafficClasses : IDatagramHandler
    {
        public List<byte> Values { get; } = [];

        public void OnDatagram(DatagramSocket socket, in ReceivedDatagram datagram) => Values.Add(datagram.TrafficClass);

        public void OnIcmpError(DatagramSocket socket, in IcmpError error)
        {
        }
    }
}
