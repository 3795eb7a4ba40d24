using System.Net;
using System.Net.Sockets;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;
using Turnpike.Sockets;

namespace Turnpike.Edge.Tests.Transport;

/// <summary>What a client and its peers send in bursts, which the kernel gives to the edge in one piece.</summary>
public sealed class TrainRelayTests
{
    private const int Each = 104;

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task Channels_indications_and_requests_of_one_burst_are_handled_one_by_one_and_in_order(string offload)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Bursts in one piece are Linux's.");
        await using RunningRelay running = await StartAsync(offload);
        var server = new IPEndPoint(IPAddress.Loopback, running.Port);
        using Socket client = RunningRelay.Client();
        using Socket one = RunningRelay.Client();
        using Socket other = RunningRelay.Client();
        (byte[] nonce, TransportAddress relayed) = RunningRelay.Allocate(client, server);
        Bind(client, server, nonce, 0x4000, one);
        Bind(client, server, nonce, 0x4001, other);

        // Equally long on the wire: data for two channels, an indication, a Binding request, a channel that is not bound, a length that lies.
        byte[] binding = RunningRelay.Request(StunMethod.Binding, attributes: static (ref StunMessageWriter writer) => Software.Write(ref writer, new byte[Each - 24]));
        byte[] lie = Channel(0x4000, 7);
        lie[3]++;
        byte[][] burst =
        [
            Channel(0x4000, 1), Channel(0x4001, 2), Channel(0x4001, 3), Indication(one, 4), binding, Channel(0x4000, 5), Channel(0x4003, 6), lie,
            Channel(0x4000, 8), [.. Channel(0x4000, 9, 50)],
        ];
        Assert.All(burst[..^1], message => Assert.Equal(Each, message.Length));
        SendTrain(client, server, burst);

        Assert.Equal([1, 4, 5, 8, 9], Enumerable.Range(0, 5).Select(_ => (int)Receive(one)[0]));
        Assert.Equal([2, 3], Enumerable.Range(0, 2).Select(_ => (int)Receive(other)[0]));
        Assert.Equal(0, RunningRelay.Code(Receive(client)));
        RelaySnapshot snapshot = running.Relay.Read();
        Assert.Equal(new Traffic(7, (5 * 100) + 68 + 50), snapshot.ClientToPeer);
        Assert.Equal(1, snapshot.Drops.Single(drop => drop.Name == "channel_not_bound").Count);
        Assert.Equal(1, snapshot.Drops.Single(drop => drop.Name == "malformed_channel_data").Count);
        Assert.Equal(bool.Parse(offload) ? 1 : 0, running.Relay.ShardSockets.Sum(sockets => sockets.TrainsReceived));
    }

    [Theory]
    [InlineData(true, 1200)]
    [InlineData(true, 1)]
    [InlineData(false, 1199)] // an indication pads to four bytes, into its neighbour
    [InlineData(false, 20)]
    public async Task A_burst_of_a_peer_reaches_the_client_whole(bool bound, int length)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Bursts in one piece are Linux's.");
        await using RunningRelay running = await StartAsync("true");
        var server = new IPEndPoint(IPAddress.Loopback, running.Port);
        using Socket client = RunningRelay.Client();
        using Socket peer = RunningRelay.Client();
        (byte[] nonce, TransportAddress relayed) = RunningRelay.Allocate(client, server);
        if (bound)
        {
            Bind(client, server, nonce, 0x4000, peer);
        }
        else
        {
            Assert.Equal(0, RunningRelay.Code(RunningRelay.Ask(client, server, RunningRelay.Request(
                StunMethod.CreatePermission, nonce, (ref StunMessageWriter writer) => XorPeerAddress.Write(ref writer, AddressOf(peer)))).Answer));
        }

        byte[][] sent = [.. Enumerable.Range(1, 20).Select(i => Enumerable.Range(0, length).Select(at => (byte)((i * 13) + at)).ToArray()), [42]];
        SendTrain(peer, relayed.ToIPEndPoint(), sent);

        Assert.Equal(sent, sent.Select(_ => PayloadOf(Receive(client), bound)));
        Assert.Equal(new Traffic(21, (20 * length) + 1), running.Relay.Read().PeerToClient);
        ReactorCounters sockets = Assert.Single(running.Relay.ShardSockets);
        Assert.Equal(1, sockets.TrainsReceived);
        await Eventually.TrueAsync(() => sockets.TrainsSent == 1); // counted when the kernel has taken it
    }

    private static Task<RunningRelay> StartAsync(string offload) => RunningRelay.StartAsync(
        ("Edge:Shards", "1"), ("Edge:Peers:AllowPrivate:0", "127.0.0.0/8"), ("Edge:Sockets:SegmentationOffload", offload));

    private static byte[] Channel(ushort number, byte first, int length = Each - 4) =>
        [(byte)(number >> 8), (byte)number, 0, (byte)length, first, .. new byte[length - 1]];

    private static byte[] Indication(Socket peer, byte first)
    {
        byte[] data = new byte[Each - 36];
        data[0] = first;
        var writer = new StunMessageWriter(new byte[Each], StunClass.Indication, StunMethod.Send, TransactionId.From(new byte[12]));
        XorPeerAddress.Write(ref writer, AddressOf(peer));
        Data.Write(ref writer, data);
        return writer.Finish().ToArray();
    }

    private static void Bind(Socket client, IPEndPoint server, byte[] nonce, ushort number, Socket peer)
    {
        byte[] answer = RunningRelay.Ask(client, server, RunningRelay.Request(StunMethod.ChannelBind, nonce, (ref StunMessageWriter writer) =>
        {
            ChannelNumber.Write(ref writer, number);
            XorPeerAddress.Write(ref writer, AddressOf(peer));
        })).Answer;
        Assert.Equal(0, RunningRelay.Code(answer));
    }

    /// <summary>All in one call, which the kernel cuts up (UDP_SEGMENT); the last may be shorter.</summary>
    private static void SendTrain(Socket socket, IPEndPoint to, byte[][] datagrams)
    {
        socket.SetRawSocketOption(17, 103, BitConverter.GetBytes(datagrams[0].Length));
        socket.SendTo(datagrams.SelectMany(bytes => bytes).ToArray(), to);
        socket.SetRawSocketOption(17, 103, BitConverter.GetBytes(0));
    }

    private static byte[] PayloadOf(byte[] message, bool bound)
    {
        if (bound)
        {
            Assert.Equal([0x40, 0], message[..2]);
            return message[4..];
        }

        Assert.Equal(StunParseResult.Ok, StunMessage.TryParse(message, out StunMessage indication));
        Assert.Equal(AttributeResult.Ok, Data.Read(indication, out ReadOnlySpan<byte> data));
        return data.ToArray();
    }

    private static TransportAddress AddressOf(Socket socket) => TransportAddress.From((IPEndPoint)socket.LocalEndPoint!);

    private static byte[] Receive(Socket socket)
    {
        byte[] buffer = new byte[2048];
        return buffer[..socket.Receive(buffer)];
    }
}
