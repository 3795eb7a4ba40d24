using Turnpike.Sockets.Linux;
using Turnpike.Testing;

namespace Turnpike.Sockets.Tests;

/// <summary>Bursts of equally long datagrams, which the kernel takes and gives in one piece.</summary>
public sealed class TrainTests() : ReactorTest(portable: false)
{
    private static readonly DatagramSocketOptions Roomy = new() { ReceiveBuffer = 1 << 20, SendBuffer = 1 << 20 };

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void A_burst_travels_in_one_piece_and_arrives_as_single_datagrams_in_order(string address)
    {
        DatagramSocket client = Open(Second, address, Roomy);
        DatagramSocket server = Open(First, address, Roomy);
        var handler = new RecordingHandler();

        byte[][] sent = [.. Enumerable.Range(0, 16).Select(i => Payload(1200, i))];
        SendAll(client, server, sent);
        PollUntil(First, handler, () => handler.Arrivals.Count == 16);

        Assert.Equal(sent, handler.Arrivals.Select(a => a.Payload));
        Assert.All(handler.Arrivals, a => Assert.Equal((client.Local, server.Local, false), (a.Source, a.Destination, a.Truncated)));
        Assert.Equal((1, 1, 16), (Second.Counters.SendCalls, Second.Counters.TrainsSent, Second.Counters.DatagramsSent));
        Assert.Equal((1, 1, 16), (First.Counters.ReceiveCalls, First.Counters.TrainsReceived, First.Counters.DatagramsReceived));
    }

    [Theory]
    [InlineData(2, 1200, 1200, 7)] // the last one is shorter: still one train
    [InlineData(1, 1200, 1200, 1)]
    [InlineData(1, 7, 1200, 1200)] // a longer one begins a train of its own
    [InlineData(1, 0, 1200, 1200)]
    [InlineData(1, 1200, 1200, 0)] // an empty datagram is in no train
    [InlineData(0, 1200, 0, 1200)]
    [InlineData(0, 1, 2, 3)]
    [InlineData(1, 3, 2, 1)]
    public void Datagrams_keep_their_lengths_whatever_the_train(int trains, params int[] lengths)
    {
        // Twice the burst of the first row: a short datagram ends a train, and the next one begins another.
        int[] all = trains == 2 ? [.. lengths, .. lengths] : lengths;
        DatagramSocket client = Open(Second, options: Roomy);
        DatagramSocket server = Open(First, options: Roomy);
        var handler = new RecordingHandler();

        byte[][] sent = [.. all.Select(Payload)];
        SendAll(client, server, sent);
        PollUntil(First, handler, () => handler.Arrivals.Count == sent.Length);

        Assert.Equal(sent, handler.Arrivals.Select(a => a.Payload));
        Assert.Equal(trains, Second.Counters.TrainsSent);
        Assert.Equal(trains, First.Counters.TrainsReceived);
    }

    [Fact]
    public void A_burst_beyond_what_the_kernel_takes_leaves_as_several_trains()
    {
        DatagramSocket client = Open(Second, options: Roomy);
        DatagramSocket server = Open(First, options: Roomy);
        var handler = new RecordingHandler();

        byte[][] sent = [.. Enumerable.Range(0, 200).Select(i => Payload(20, i)), .. Enumerable.Range(0, 50).Select(i => Payload(1400, i))];
        SendAll(client, server, sent);
        PollUntil(First, handler, () => handler.Arrivals.Count == sent.Length);

        Assert.Equal(sent, handler.Arrivals.Select(a => a.Payload));
        Assert.InRange(TrainLimit.Value, 64, 128);
        Assert.Equal(((200 + TrainLimit.Value - 1) / TrainLimit.Value) + 2, Second.Counters.TrainsSent);
        Assert.Equal(0, Second.Counters.TrainsRefused);
    }

    [Fact]
    public void Datagrams_to_other_addresses_or_of_another_class_are_in_other_trains()
    {
        DatagramSocket client = Open(Second, options: Roomy);
        DatagramSocket one = Open(First, options: new() { ReceiveTrafficClass = true });
        DatagramSocket other = Open(First, options: new() { ReceiveTrafficClass = true });
        var handler = new RecordingHandler();

        (DatagramSocket To, byte Class)[] plan = [(one, 0), (one, 0), (one, 0xB8), (one, 0xB8), (other, 0xB8), (other, 0xB8), (one, 0xB8)];
        for (int i = 0; i < plan.Length; i++)
        {
            Second.Send(client, Payload(100, i), plan[i].To.Local, default, plan[i].Class);
        }

        Second.Flush();
        PollUntil(First, handler, () => handler.Arrivals.Count == plan.Length);

        Assert.Equal(3, Second.Counters.TrainsSent);
        Assert.Equal([0, 0, 0xB8, 0xB8, 0xB8], handler.Arrivals.Where(a => a.Socket == one).Select(a => a.TrafficClass));
        Assert.Equal([0xB8, 0xB8], handler.Arrivals.Where(a => a.Socket == other).Select(a => a.TrafficClass));
    }

    [Theory]
    [InlineData(4, 0, 1200)]
    [InlineData(36, 3, 1201)]
    [InlineData(64, 8, 300)]
    [InlineData(64, 8, 20)] // shorter than the room around it
    [InlineData(0, 5, 2)]
    public void What_is_written_around_a_datagram_of_a_train_leaves_with_it_and_harms_no_neighbour(int front, int back, int length)
    {
        DatagramSocket client = Open(Second, options: Roomy);
        DatagramSocket server = Open(First, options: Roomy);
        int at = 0;
        var forward = new RecordingHandler
        {
            OnArrival = (DatagramSocket socket, in ReceivedDatagram datagram) =>
            {
                Span<byte> message = Around(datagram, front, back);
                message[..front].Fill((byte)(0x80 + at));
                message[^back..].Fill((byte)(0xC0 + at));
                at++;
                First.Send(socket, message, in datagram.Source, default);
            },
        };
        var answers = new RecordingHandler();

        byte[][] sent = [.. Enumerable.Range(0, 10).Select(i => Payload(length, i)), Payload(1, 10)];
        SendAll(client, server, sent);
        PollUntil(First, forward, () => forward.Arrivals.Count == sent.Length);
        PollUntil(Second, answers, () => answers.Arrivals.Count == sent.Length);

        Assert.Equal(sent, forward.Arrivals.Select(a => a.Payload));
        IEnumerable<byte[]> expected = sent.Select((payload, i) => (byte[])
            [.. Enumerable.Repeat((byte)(0x80 + i), front), .. payload, .. Enumerable.Repeat((byte)(0xC0 + i), back)]);
        Assert.Equal(expected, answers.Arrivals.Select(a => a.Payload));
        Assert.Equal(1, First.Counters.TrainsSent);
    }

    [Fact]
    public void A_part_of_a_datagram_leaves_as_it_is()
    {
        DatagramSocket client = Open(Second, options: Roomy);
        DatagramSocket server = Open(First, options: Roomy);
        var strip = new RecordingHandler
        {
            OnArrival = (DatagramSocket socket, in ReceivedDatagram datagram) =>
                First.Send(socket, datagram.Payload[4..], in datagram.Source, default),
        };
        var answers = new RecordingHandler();

        byte[][] sent = [.. Enumerable.Range(0, 12).Select(i => Payload(164, i))];
        SendAll(client, server, sent);
        PollUntil(First, strip, () => strip.Arrivals.Count == 12);
        PollUntil(Second, answers, () => answers.Arrivals.Count == 12);

        Assert.Equal(sent.Select(payload => payload[4..]), answers.Arrivals.Select(a => a.Payload));
        Assert.Equal((1, 1), (First.Counters.TrainsSent, First.Counters.SendCalls));
    }

    [Fact]
    public void A_flush_within_the_callback_sends_the_neighbours_as_they_came()
    {
        DatagramSocket client = Open(Second, options: Roomy);
        DatagramSocket server = Open(First, options: Roomy);
        var forward = new RecordingHandler
        {
            OnArrival = (DatagramSocket socket, in ReceivedDatagram datagram) =>
            {
                Span<byte> message = Around(datagram, 4, 0);
                message[..4].Fill(0xEE);
                First.Flush();
                First.Send(socket, message, in datagram.Source, default);
            },
        };
        var answers = new RecordingHandler();

        byte[][] sent = [.. Enumerable.Range(0, 8).Select(i => Payload(50, i))];
        SendAll(client, server, sent);
        PollUntil(First, forward, () => forward.Arrivals.Count == 8);
        PollUntil(Second, answers, () => answers.Arrivals.Count == 8);

        Assert.Equal(sent.Select(payload => (byte[])[0xEE, 0xEE, 0xEE, 0xEE, .. payload]), answers.Arrivals.Select(a => a.Payload));
    }

    [Fact]
    public void The_rest_of_a_train_whose_socket_the_handler_closes_is_discarded_and_counted()
    {
        DatagramSocket client = Open(Second, options: Roomy);
        DatagramSocket server = Open(First, options: Roomy);
        var handler = new RecordingHandler();
        handler.OnArrival = (DatagramSocket socket, in ReceivedDatagram _) =>
        {
            if (handler.Arrivals.Count == 3)
            {
                First.Close(socket);
            }
        };

        SendAll(client, server, [.. Enumerable.Range(0, 10).Select(i => Payload(100, i)), Payload(9, 10)]);
        PollUntil(First, handler, () => handler.Arrivals.Count == 3);

        Assert.Equal((3, 8), (First.Counters.DatagramsReceived, First.Counters.ReceiveDiscarded));
    }

    [Fact]
    public void Without_segmentation_offload_there_are_no_trains()
    {
        using DatagramReactor plain = DatagramReactor.Create(new ReactorOptions { SegmentationOffload = false });
        DatagramSocket server = Open(plain, options: Roomy);
        DatagramSocket client = Open(Second, options: Roomy);
        RecordingHandler echo = RecordingHandler.Echo(plain);
        var answers = new RecordingHandler();

        SendAll(client, server, [.. Enumerable.Range(0, 16).Select(i => Payload(1200, i))]);
        PollUntil(plain, echo, () => echo.Arrivals.Count == 16);
        PollUntil(Second, answers, () => answers.Arrivals.Count == 16);

        Assert.Equal((0, 0), (plain.Counters.TrainsReceived, plain.Counters.TrainsSent));
    }

    [Fact]
    public void A_socket_whose_way_carries_no_trains_sends_single_datagrams_from_then_on()
    {
        // The kernel splits nothing for a socket without checksums: EINVAL.
        DatagramSocket client = Open(Second, options: Roomy);
        DatagramSocket server = Open(First, options: Roomy);
        Assert.Equal(0, LibC.SetSocketOption(((LinuxSocket)client).Descriptor, Option.LevelSocket, 11, 1));
        var handler = new RecordingHandler();

        byte[][] sent = [.. Enumerable.Range(0, 6).Select(i => Payload(100, i))];
        SendAll(client, server, sent);
        SendAll(client, server, sent);
        PollUntil(First, handler, () => handler.Arrivals.Count == 12);

        Assert.Equal([.. sent, .. sent], handler.Arrivals.Select(a => a.Payload));
        Assert.Equal((0, 1, 12), (Second.Counters.TrainsSent, Second.Counters.TrainsRefused, Second.Counters.DatagramsSent));
        Assert.Equal(0, Second.Counters.SendDroppedOther);
    }

    [Fact]
    public void A_destination_that_takes_nothing_switches_trains_off_for_nobody()
    {
        DatagramSocket client = Open(Second, options: Roomy);
        DatagramSocket server = Open(First, options: Roomy);
        var handler = new RecordingHandler();
        SocketEndpoint nowhere = server.Local;
        nowhere.Port = 0; // EINVAL
        Second.Send(client, Payload(100, 1), nowhere, default);
        Second.Send(client, Payload(100, 2), nowhere, default);
        Second.Flush();
        Assert.Equal((1, 2, 0), (Second.Counters.TrainsRefused, Second.Counters.SendDroppedOther, Second.Counters.DatagramsSent));

        SendAll(client, server, [.. Enumerable.Range(0, 6).Select(i => Payload(100, i))]);
        PollUntil(First, handler, () => handler.Arrivals.Count == 6);
        Assert.Equal(1, Second.Counters.TrainsSent);
    }

    [Fact]
    public void Trains_allocate_nothing()
    {
        DatagramSocket client = Open(Second, options: Roomy);
        DatagramSocket server = Open(First, options: Roomy);
        var echo = new HeaderEcho(First);
        var count = new Count();
        SocketEndpoint to = server.Local;
        Bursts(client, in to, echo, count, 100);

        int runs = 0;
        long allocated = AllocatedBytes.During(() =>
        {
            runs++;
            Bursts(client, in to, echo, count, 500);
        });

        Assert.Equal(0, allocated);
        Assert.Equal((100 + (runs * 500)) * 20, count.Datagrams);
        Assert.True(First.Counters.TrainsSent > 0);
    }

    /// <summary>Recognisable bytes: no two datagrams of a test look alike.</summary>
    internal static byte[] Payload(int length, int seed) => [.. Enumerable.Range(0, length).Select(i => (byte)((seed * 37) + (i * 11)))];

    private static Span<byte> Around(in ReceivedDatagram datagram, int front, int back) =>
        datagram.Buffer.Slice(datagram.Offset - front, front + datagram.Length + back);

    private void SendAll(DatagramSocket client, DatagramSocket server, byte[][] payloads)
    {
        foreach (byte[] payload in payloads)
        {
            Second.Send(client, payload, server.Local, default);
        }

        Second.Flush();
    }

    private void Bursts(DatagramSocket client, in SocketEndpoint server, HeaderEcho echo, Count count, int bursts)
    {
        for (int burst = 0; burst < bursts; burst++)
        {
            for (int i = 0; i < 20; i++)
            {
                Span<byte> payload = Second.Rent(500);
                payload[0] = (byte)i;
                Second.Send(client, payload, in server, default);
            }

            Second.Flush();
            int target = count.Datagrams + 20;
            while (count.Datagrams < target)
            {
                First.Poll(0, echo);
                Second.Poll(0, count);
            }
        }
    }

    private sealed class HeaderEcho(DatagramReactor reactor) : IDatagramHandler
    {
        public void OnDatagram(DatagramSocket socket, in ReceivedDatagram datagram)
        {
            Span<byte> message = Around(datagram, 4, 0);
            message[..4].Clear();
            reactor.Send(socket, message, in datagram.Source, in datagram.Destination, datagram.TrafficClass);
        }

        public void OnIcmpError(DatagramSocket socket, in IcmpError error) => Assert.Fail("An ICMP error.");
    }

    private sealed class Count : IDatagramHandler
    {
        public int Datagrams { get; private set; }

        public void OnDatagram(DatagramSocket socket, in ReceivedDatagram datagram) => Datagrams += datagram.Length == 504 ? 1 : 0;

        public void OnIcmpError(DatagramSocket socket, in IcmpError error) => Assert.Fail("An ICMP error.");
    }
}
