using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Turnpike.Sockets.Tests;

/// <summary>Path MTU and full send buffers, on an interface whose MTU the test sets.</summary>
public sealed class PathTests
{
    private const int Mtu = 1280;

    [Theory]
    [InlineData("127.0.0.1", false, 28)]
    [InlineData("127.0.0.1", true, 28)]
    [InlineData("::1", false, 48)]
    [InlineData("::1", true, 48)]
    public void A_datagram_that_must_not_be_fragmented_is_dropped_beyond_the_MTU_and_others_are_not(
        string address, bool receiveErrors, int headers) =>
        PrivateNetwork.Run(Mtu, () =>
        {
            using DatagramReactor reactor = DatagramReactor.Create();
            DatagramSocket sender = Open(reactor, address, new DatagramSocketOptions { ReceiveErrors = receiveErrors });
            DatagramSocket receiver = Open(reactor, address);
            var handler = new RecordingHandler();
            int fits = Mtu - headers;

            reactor.Send(sender, new byte[2000], receiver.Local, default);
            reactor.Send(sender, new byte[fits + 1], receiver.Local, default, dontFragment: true);
            reactor.Send(sender, new byte[fits], receiver.Local, default, dontFragment: true);
            reactor.Send(sender, new byte[3000], receiver.Local, default);
            reactor.Flush();
            PollUntil(reactor, handler, 3);
            reactor.Poll(0, handler);

            Assert.Equal([2000, fits, 3000], handler.Arrivals.Select(a => a.Payload.Length));
            Assert.Equal(1, reactor.Counters.SendDroppedTooBig);

            // This host's own refusal is no ICMP error; with error reporting it passes through the queue, once for each try.
            Assert.Empty(handler.Errors);
            Assert.Equal(receiveErrors, reactor.Counters.LocalErrors > 0);
        });

    [Fact]
    public void Fragmentation_needed_is_reported_after_a_send_that_must_not_be_fragmented() =>
        PrivateNetwork.Run(Mtu, () =>
        {
            using DatagramReactor reactor = DatagramReactor.Create();
            DatagramSocket sender = Open(reactor, "127.0.0.1", new DatagramSocketOptions { ReceiveErrors = true });
            DatagramSocket receiver = Open(reactor, "127.0.0.1");
            var handler = new RecordingHandler();
            reactor.Send(sender, new byte[1000], receiver.Local, default, dontFragment: true);
            reactor.Flush();

            SendFragmentationNeeded(sender.Local, receiver.Local, nextHopMtu: 900);
            PollUntil(reactor, handler, 1);
            for (int round = 0; handler.Errors.Count == 0 && round < 10; round++)
            {
                reactor.Poll(100, handler);
            }

            IcmpError error = Assert.Single(handler.Errors).Error;
            Assert.Equal((3, 4, 900u), (error.Type, error.Code, error.Info));
            Assert.Equal(receiver.Local, error.Destination);
        });

    [Fact]
    public void A_datagram_whose_fragments_exceed_the_send_buffer_is_dropped_for_want_of_buffers() =>
        PrivateNetwork.Run(Mtu, () =>
        {
            using DatagramReactor reactor = DatagramReactor.Create();
            DatagramSocket sender = Open(reactor, "127.0.0.1", new DatagramSocketOptions { SendBuffer = 2048 });
            DatagramSocket receiver = Open(reactor, "127.0.0.1");
            var handler = new RecordingHandler();

            reactor.Send(sender, new byte[60_000], receiver.Local, default);
            reactor.Send(sender, "next"u8, receiver.Local, default);
            reactor.Flush();
            PollUntil(reactor, handler, 1);

            Assert.Equal("next"u8, handler.Arrivals[0].Payload);
            Assert.Equal(1, reactor.Counters.SendDroppedNoBuffers);
        });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_full_send_buffer_drops_and_counts_and_holds_up_no_other_socket(bool portable) =>
        PrivateNetwork.Run(Mtu, () =>
        {
            using FileStream device = PrivateNetwork.OpenSilentInterface();
            using DatagramReactor reactor = DatagramReactor.Create(new ReactorOptions { Portable = portable });
            DatagramSocket stuck = Open(reactor, "10.77.0.1", new DatagramSocketOptions { SendBuffer = 4096 });
            DatagramSocket sender = Open(reactor, "127.0.0.1");
            DatagramSocket receiver = Open(reactor, "127.0.0.1");
            SocketEndpoint silent = SocketEndpoint.IPv4(0x0A4D0002, 9);
            var handler = new RecordingHandler();

            for (int i = 0; i < 50; i++)
            {
                // Each longer than the one before it: none of them leave as a train.
                reactor.Send(stuck, new byte[1000 + i], in silent, default);
            }

            reactor.Send(sender, "passes"u8, receiver.Local, default);
            reactor.Flush();
            PollUntil(reactor, handler, 1);

            Assert.Equal("passes"u8, handler.Arrivals[0].Payload);
            Assert.InRange(reactor.Counters.SendDroppedWouldBlock, 1, 49);
            Assert.Equal(51, reactor.Counters.SendDroppedWouldBlock + reactor.Counters.DatagramsSent);
        });

    [Fact]
    public void A_train_of_datagrams_beyond_the_MTU_leaves_as_single_ones_and_shorter_trains_still_leave_whole() =>
        PrivateNetwork.Run(Mtu, () =>
        {
            using DatagramReactor reactor = DatagramReactor.Create();
            DatagramSocket sender = Open(reactor, "127.0.0.1");
            DatagramSocket receiver = Open(reactor, "127.0.0.1");
            var handler = new RecordingHandler();
            byte[][] tooLong = [.. Enumerable.Range(0, 4).Select(i => TrainTests.Payload(1400, i))];
            byte[][] fits = [.. Enumerable.Range(0, 4).Select(i => TrainTests.Payload(1252, i))];

            foreach (byte[] payload in tooLong.Concat(fits).Concat(tooLong[..1]))
            {
                reactor.Send(sender, payload, receiver.Local, default);
            }

            reactor.Flush();
            PollUntil(reactor, handler, 9);

            Assert.Equal(tooLong.Concat(fits).Concat(tooLong[..1]), handler.Arrivals.Select(a => a.Payload));
            Assert.Equal((1, 1, 9), (reactor.Counters.TrainsRefused, reactor.Counters.TrainsSent, reactor.Counters.DatagramsSent));
            Assert.Equal(0, reactor.Counters.SendDroppedTooBig);
        });

    [Fact]
    public void A_train_that_finds_the_send_buffer_full_counts_as_all_its_datagrams() =>
        PrivateNetwork.Run(Mtu, () =>
        {
            using FileStream device = PrivateNetwork.OpenSilentInterface();
            using DatagramReactor reactor = DatagramReactor.Create();
            DatagramSocket stuck = Open(reactor, "10.77.0.1", new DatagramSocketOptions { SendBuffer = 4096 });
            SocketEndpoint silent = SocketEndpoint.IPv4(0x0A4D0002, 9);

            for (int i = 0; i < 200; i++)
            {
                reactor.Send(stuck, new byte[1000], in silent, default);
            }

            reactor.Flush();

            Assert.InRange(reactor.Counters.SendDroppedWouldBlock, 50, 199);
            Assert.Equal(200, reactor.Counters.SendDroppedWouldBlock + reactor.Counters.DatagramsSent);
        });

    [Fact]
    public void A_destination_without_a_route_is_dropped_and_counted() =>
        PrivateNetwork.Run(Mtu, () =>
        {
            using DatagramReactor reactor = DatagramReactor.Create();
            DatagramSocket sender = Open(reactor, "0.0.0.0");
            DatagramSocket receiver = Open(reactor, "127.0.0.1");
            SocketEndpoint unreachable = SocketEndpoint.IPv4(0xC0000201, 9);
            var handler = new RecordingHandler();

            reactor.Send(sender, "lost"u8, in unreachable, default);
            reactor.Send(sender, "next"u8, receiver.Local, default);
            reactor.Flush();
            PollUntil(reactor, handler, 1);

            Assert.Equal("next"u8, handler.Arrivals[0].Payload);
            Assert.Equal(1, reactor.Counters.SendDroppedOther);
        });

    private static DatagramSocket Open(DatagramReactor reactor, string address, DatagramSocketOptions? options = null)
    {
        var local = SocketEndpoint.From(new IPEndPoint(IPAddress.Parse(address), 0));
        Assert.True(reactor.TryOpen(in local, options ?? new(), null, out DatagramSocket? socket, out SocketError error), error.ToString());
        return socket!;
    }

    private static void PollUntil(DatagramReactor reactor, RecordingHandler handler, int arrivals)
    {
        for (int round = 0; handler.Arrivals.Count < arrivals; round++)
        {
            Assert.True(round < 20, $"{handler.Arrivals.Count} of {arrivals} datagrams arrived.");
            reactor.Poll(500, handler);
        }
    }

    /// <summary>What a router on the path would answer (RFC 792, RFC 1191): the header of the datagram that it could not forward.</summary>
    private static void SendFragmentationNeeded(SocketEndpoint from, SocketEndpoint to, ushort nextHopMtu)
    {
        byte[] message = new byte[8 + 20 + 8];
        message[0] = 3;
        message[1] = 4;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(6), nextHopMtu);
        Span<byte> ip = message.AsSpan(8);
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], 1028);
        ip[6] = 0x40;
        ip[8] = 64;
        ip[9] = 17;
        BinaryPrimitives.WriteUInt32BigEndian(ip[12..], from.IPv4Address);
        BinaryPrimitives.WriteUInt32BigEndian(ip[16..], to.IPv4Address);
        BinaryPrimitives.WriteUInt16BigEndian(ip[20..], from.Port);
        BinaryPrimitives.WriteUInt16BigEndian(ip[22..], to.Port);
        BinaryPrimitives.WriteUInt16BigEndian(ip[24..], 1008);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), Checksum(message));

        using var raw = new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp);
        raw.SendTo(message, new IPEndPoint(IPAddress.Loopback, 0));
    }

    private static ushort Checksum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (int i = 0; i < bytes.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]);
        }

        while (sum >> 16 != 0)
        {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (ushort)~sum;
    }
}
