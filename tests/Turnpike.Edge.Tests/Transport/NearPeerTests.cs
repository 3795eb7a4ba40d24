using System.Net;
using System.Net.Sockets;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;
using Turnpike.Sockets;

namespace Turnpike.Edge.Tests.Transport;

/// <summary>Two clients of one shard, each of which has the other's relayed transport address as its peer.</summary>
public sealed class NearPeerTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1200)]
    [InlineData(65_000)]
    public async Task What_one_client_sends_the_other_passes_both_relays_without_the_kernel(int length)
    {
        await using RunningRelay running = await StartAsync();
        using var alice = new Caller(running);
        using var bob = new Caller(running);
        alice.BindChannel(bob.Relayed);
        bob.BindChannel(alice.Relayed);
        ReactorCounters sockets = running.Relay.ShardSockets.Single();
        long received = sockets.DatagramsReceived;
        byte[] payload = System.Security.Cryptography.RandomNumberGenerator.GetBytes(length);

        alice.SendOverChannel(payload);

        Assert.Equal(payload, bob.ReceiveOverChannel());
        Assert.Equal(1, sockets.DatagramsReceived - received);
        Assert.Equal(new Traffic(1, length), running.Relay.Read().ClientToPeer);
        Assert.Equal(new Traffic(1, length), running.Relay.Read().PeerToClient);
    }

    [Fact]
    public async Task The_receiver_is_told_the_senders_relayed_address_where_it_has_no_channel()
    {
        await using RunningRelay running = await StartAsync();
        using var alice = new Caller(running);
        using var bob = new Caller(running);
        alice.BindChannel(bob.Relayed);
        bob.Permit(alice.Relayed);

        alice.SendOverChannel("hello"u8);

        byte[] indication = bob.Receive();
        Assert.Equal(StunParseResult.Ok, StunMessage.TryParse(indication, out StunMessage message));
        Assert.Equal((StunClass.Indication, StunMethod.Data), (message.Class, message.Method));
        Assert.Equal(AttributeResult.Ok, XorPeerAddress.Read(message, out TransportAddress from));
        Assert.Equal(alice.Relayed, from);
        Assert.Equal(AttributeResult.Ok, Data.Read(message, out ReadOnlySpan<byte> data));
        Assert.Equal("hello"u8, data);
    }

    [Fact]
    public async Task Without_a_permission_of_the_receiver_nothing_passes_and_the_drop_is_counted()
    {
        await using RunningRelay running = await StartAsync();
        using var alice = new Caller(running);
        using var bob = new Caller(running);
        alice.BindChannel(bob.Relayed);

        alice.SendOverChannel("unwanted"u8);
        bob.Permit(alice.Relayed);
        alice.SendOverChannel("wanted"u8);

        Assert.Contains("wanted"u8.ToArray(), bob.Receive());
        RelaySnapshot snapshot = running.Relay.Read();
        Assert.Equal(new Traffic(2, 14), snapshot.ClientToPeer);
        Assert.Equal(new Traffic(1, 6), snapshot.PeerToClient);
        Assert.Equal(1, snapshot.Drops.Single(drop => drop.Name == "no_permission").Count);
    }

    [Fact]
    public async Task A_relayed_address_that_is_gone_is_reached_no_more()
    {
        await using RunningRelay running = await StartAsync();
        using var alice = new Caller(running);
        using var bob = new Caller(running);
        alice.BindChannel(bob.Relayed);
        bob.BindChannel(alice.Relayed);
        alice.SendOverChannel("one"u8);
        Assert.Equal("one"u8, bob.ReceiveOverChannel());

        bob.Delete();
        alice.SendOverChannel("two"u8);
        Assert.Equal(0, RunningRelay.Code(alice.Ask(StunMethod.Refresh)));

        RelaySnapshot snapshot = running.Relay.Read();
        Assert.Equal(2, snapshot.ClientToPeer.Packets);
        Assert.Equal(1, snapshot.PeerToClient.Packets);
        Assert.Equal(0, snapshot.Drops.Single(drop => drop.Name == "relay_without_allocation").Count); // It is not found, not found empty.
    }

    private static Task<RunningRelay> StartAsync() => RunningRelay.StartAsync(
        ("Edge:Shards", "1"), ("Edge:Peers:AllowPrivate:0", "127.0.0.0/8"));

    private sealed class Caller : IDisposable
    {
        private readonly Socket _socket = RunningRelay.Client();
        private readonly IPEndPoint _server;
        private readonly byte[] _nonce;
        private readonly byte[] _buffer = new byte[65_536];

        public Caller(RunningRelay running)
        {
            _server = new IPEndPoint(IPAddress.Loopback, running.Port);
            (_nonce, Relayed) = RunningRelay.Allocate(_socket, _server);
        }

        public TransportAddress Relayed { get; }

        public byte[] Ask(StunMethod method, RunningRelay.Writer? attributes = null) =>
            RunningRelay.Ask(_socket, _server, RunningRelay.Request(method, _nonce, attributes)).Answer;

        public void BindChannel(TransportAddress peer) => Assert.Equal(0, RunningRelay.Code(Ask(StunMethod.ChannelBind, (ref StunMessageWriter writer) =>
        {
            ChannelNumber.Write(ref writer, 0x4000);
            XorPeerAddress.Write(ref writer, peer);
        })));

        public void Permit(TransportAddress peer) => Assert.Equal(0, RunningRelay.Code(Ask(
            StunMethod.CreatePermission, (ref StunMessageWriter writer) => XorPeerAddress.Write(ref writer, peer))));

        public void Delete() => Assert.Equal(0, RunningRelay.Code(Ask(
            StunMethod.Refresh, static (ref StunMessageWriter writer) => Lifetime.Write(ref writer, 0))));

        public void SendOverChannel(ReadOnlySpan<byte> payload) =>
            _socket.SendTo([0x40, 0, (byte)(payload.Length >> 8), (byte)payload.Length, .. payload], _server);

        public byte[] Receive() => _buffer[.._socket.Receive(_buffer)];

        public byte[] ReceiveOverChannel()
        {
            byte[] message = Receive();
            Assert.Equal([0x40, 0, (byte)((message.Length - 4) >> 8), (byte)(message.Length - 4)], message[..4]);
            return message[4..];
        }

        public void Dispose() => _socket.Dispose();
    }
}
