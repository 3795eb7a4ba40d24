using System.Net.Sockets;
using Turnpike.Testing;

namespace Turnpike.Sockets.Tests;

/// <summary>What the batch backend can do beyond the portable one.</summary>
public sealed class LinuxReactorTests() : ReactorTest(portable: false)
{
    private static readonly DatagramSocketOptions WithErrors = new() { ReceiveErrors = true };

    [Theory]
    [InlineData("0.0.0.0", "127.0.0.1", "127.0.0.2")]
    [InlineData("::", "::1", "::1")]
    public void A_wildcard_bind_answers_from_the_address_that_was_asked(string bind, string clientAddress, string asked)
    {
        DatagramSocket server = Open(First, bind, new DatagramSocketOptions { ReceivePacketInfo = true });
        DatagramSocket client = Open(Second, clientAddress);
        RecordingHandler echo = RecordingHandler.Echo(First);
        var answers = new RecordingHandler();

        SendNow(Second, client, "x"u8, Endpoint(asked, server.Local.Port));
        PollUntil(First, echo, () => echo.Arrivals.Count == 1);
        PollUntil(Second, answers, () => answers.Arrivals.Count == 1);

        Assert.Equal(Endpoint(asked, server.Local.Port), answers.Arrivals[0].Source);
    }

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("::1", false)]
    [InlineData("::1", true)]
    public void The_traffic_class_is_sent_and_received_per_datagram(string address, bool packetInfo)
    {
        var options = new DatagramSocketOptions { ReceiveTrafficClass = true, ReceivePacketInfo = packetInfo };
        DatagramSocket server = Open(First, address, options);
        DatagramSocket client = Open(Second, address, options);
        RecordingHandler echo = RecordingHandler.Echo(First);
        var answers = new RecordingHandler();

        // Expedited forwarding with ECT(0), default, and class selector 1 with "congestion experienced".
        byte[] classes = [0xBA, 0, 0x23];
        foreach (byte trafficClass in classes)
        {
            Second.Send(client, "x"u8, server.Local, default, trafficClass);
        }

        Second.Flush();
        PollUntil(First, echo, () => echo.Arrivals.Count == 3);
        PollUntil(Second, answers, () => answers.Arrivals.Count == 3);

        Assert.Equal(classes, echo.Arrivals.Select(a => a.TrafficClass));
        Assert.Equal(classes, answers.Arrivals.Select(a => a.TrafficClass));
    }

    [Fact]
    public void Who_is_first_in_a_round_does_not_wait_for_all_others()
    {
        DatagramSocket client = Open(Second);
        DatagramSocket listener = Open(First);
        DatagramSocket[] relays = [.. Enumerable.Range(0, 40).Select(_ => Open(First))];
        foreach (DatagramSocket relay in relays)
        {
            SendNow(Second, client, "x"u8, relay.Local);
        }

        var sentBefore = new List<long>();
        var forward = new RecordingHandler
        {
            OnArrival = (DatagramSocket _, in ReceivedDatagram datagram) =>
            {
                sentBefore.Add(First.Counters.DatagramsSent);
                First.Send(listener, datagram.Payload, client.Local, default);
            },
        };
        Assert.Equal(40, First.Poll(0, forward));

        Assert.Equal([0, 4, 12, 28], sentBefore.Distinct());
        Assert.Equal([4, 8, 16, 12], sentBefore.CountBy(sent => sent).Select(each => each.Value));
        Assert.Equal(40, First.Counters.DatagramsSent);
    }

    [Fact]
    public void A_socket_that_starts_idle_takes_datagrams_and_is_set_up_when_traffic_is_expected()
    {
        var options = new DatagramSocketOptions { StartsIdle = true, ReceiveTrafficClass = true, ReceiveBuffer = 65_536, SendBuffer = 32_768 };
        DatagramSocket idle = Open(First, options: options);
        DatagramSocket client = Open(Second);
        var arrived = new RecordingHandler();
        Assert.NotEqual(65_536, idle.GrantedReceiveBuffer);
        Second.Send(client, "x"u8, idle.Local, default, 0xBA);
        Second.Flush();
        PollUntil(First, arrived, () => arrived.Arrivals.Count == 1);

        idle.Prepare();
        idle.Prepare();
        Second.Send(client, "x"u8, idle.Local, default, 0xBA);
        Second.Flush();
        PollUntil(First, arrived, () => arrived.Arrivals.Count == 2);

        Assert.Equal<byte>([0, 0xBA], arrived.Arrivals.Select(a => a.TrafficClass));
        Assert.Equal((65_536, 32_768), (idle.GrantedReceiveBuffer, idle.GrantedSendBuffer));
    }

    [Fact]
    public void The_traffic_class_of_IPv4_passes_a_dual_stack_socket()
    {
        var options = new DatagramSocketOptions { IPv6Only = false, ReceiveTrafficClass = true, ReceivePacketInfo = true };
        DatagramSocket server = Open(First, "::", options);
        DatagramSocket client = Open(Second, options: new DatagramSocketOptions { ReceiveTrafficClass = true });
        RecordingHandler echo = RecordingHandler.Echo(First);
        var answers = new RecordingHandler();

        Second.Send(client, "x"u8, Endpoint("127.0.0.2", server.Local.Port), default, trafficClass: 0x88);
        Second.Flush();
        PollUntil(First, echo, () => echo.Arrivals.Count == 1);
        PollUntil(Second, answers, () => answers.Arrivals.Count == 1);

        Assert.Equal(0x88, echo.Arrivals[0].TrafficClass);
        Assert.Equal(0x88, answers.Arrivals[0].TrafficClass);
        Assert.Equal(Endpoint("127.0.0.2", server.Local.Port), answers.Arrivals[0].Source);
    }

    [Theory]
    [InlineData("127.0.0.1", 3, 3)]
    [InlineData("::1", 1, 4)]
    public void Port_unreachable_is_reported_with_the_destination_that_failed(string address, byte type, byte code)
    {
        DatagramSocket socket = Open(First, address, WithErrors, state: "relay");
        SocketEndpoint closed = ClosedPort(address);
        var handler = new RecordingHandler();

        SendNow(First, socket, "x"u8, closed);
        PollUntil(First, handler, () => handler.Errors.Count == 1);

        (DatagramSocket reported, IcmpError error) = handler.Errors[0];
        Assert.Same(socket, reported);
        Assert.Equal(closed, error.Destination);
        Assert.Equal((address == "::1", type, code, 0u), (error.IsIPv6, error.Type, error.Code, error.Info));
        Assert.Equal(0, First.Poll(0, handler));
        Assert.Single(handler.Errors);
    }

    [Fact]
    public void Refused_datagrams_in_a_batch_cost_no_other_datagram()
    {
        DatagramSocket socket = Open(First, options: WithErrors);
        DatagramSocket peer = Open(Second);
        SocketEndpoint closed = ClosedPort("127.0.0.1");
        var handler = new RecordingHandler();
        var errors = new RecordingHandler();

        // On loopback the refusal comes back during the send: every second send of the batch meets a pending error.
        for (byte i = 0; i < 50; i++)
        {
            First.Send(socket, [i], in closed, default);
            First.Send(socket, [i], peer.Local, default);
        }

        First.Flush();
        PollUntil(Second, handler, () => handler.Arrivals.Count == 50);
        PollUntil(First, errors, () => errors.Errors.Count == 50);

        Assert.Equal(Enumerable.Range(0, 50), handler.Arrivals.Select(a => (int)a.Payload[0]));
        Assert.Equal(100, First.Counters.DatagramsSent);
        Assert.Equal(0, First.Counters.SendDroppedOther);
        Assert.All(errors.Errors, e => Assert.Equal(closed, e.Error.Destination));
    }

    [Fact]
    public void A_pending_refusal_costs_no_single_send_and_no_received_datagram()
    {
        DatagramSocket socket = Open(First, options: WithErrors);
        DatagramSocket peer = Open(Second);
        SocketEndpoint closed = ClosedPort("127.0.0.1");
        var handler = new RecordingHandler();
        var here = new RecordingHandler();

        SendNow(Second, peer, "to read"u8, socket.Local);
        SendNow(First, socket, "x"u8, closed);
        SendNow(First, socket, "single"u8, peer.Local);
        SendNow(First, socket, "x"u8, closed);
        PollUntil(Second, handler, () => handler.Arrivals.Count == 1);
        PollUntil(First, here, () => here.Arrivals.Count == 1 && here.Errors.Count == 2);

        Assert.Equal("single"u8, handler.Arrivals[0].Payload);
        Assert.Equal("to read"u8, here.Arrivals[0].Payload);
        Assert.Equal(0, First.Counters.SendDroppedOther);
    }

    [Fact]
    public void Without_ReceiveErrors_a_refusal_is_silent()
    {
        DatagramSocket socket = Open(First);
        DatagramSocket peer = Open(Second);
        var handler = new RecordingHandler();
        var here = new RecordingHandler();

        SendNow(First, socket, "x"u8, ClosedPort("127.0.0.1"));
        SendNow(First, socket, "y"u8, peer.Local);
        PollUntil(Second, handler, () => handler.Arrivals.Count == 1);
        First.Poll(0, here);

        Assert.Empty(here.Errors);
    }

    [Fact]
    public void A_socket_closed_by_the_error_callback_is_left_alone()
    {
        DatagramSocket socket = Open(First, options: WithErrors);
        DatagramSocket peer = Open(Second);
        SocketEndpoint closed = ClosedPort("127.0.0.1");
        var handler = new ClosingOnError(First);

        SendNow(First, socket, "x"u8, closed);
        SendNow(First, socket, "x"u8, closed);
        SendNow(Second, peer, "too late"u8, socket.Local);

        Assert.Equal(0, First.Poll(500, handler));
        Assert.Equal(1, handler.Errors);
    }

    [Fact]
    public void Datagrams_that_a_full_receive_buffer_lost_are_counted()
    {
        DatagramSocket server = Open(First, options: new DatagramSocketOptions { ReceiveBuffer = 4096 });
        DatagramSocket client = Open(Second);
        var handler = new RecordingHandler();

        for (int i = 0; i < 100; i++)
        {
            SendNow(Second, client, new byte[512], server.Local);
        }

        while (First.Poll(0, handler) > 0)
        {
            // Until the queue is empty.
        }

        // The count comes with the next datagram that the kernel takes.
        int arrived = handler.Arrivals.Count;
        SendNow(Second, client, "after"u8, server.Local);
        PollUntil(First, handler, () => handler.Arrivals.Count == arrived + 1);

        Assert.InRange(arrived, 1, 99);
        Assert.Equal(100 - arrived, First.Counters.KernelReceiveDrops);
    }

    [Fact]
    public void Datagrams_read_for_a_socket_that_its_handler_closes_are_counted()
    {
        DatagramSocket server = Open(First);
        DatagramSocket client = Open(Second);
        int seen = 0;
        var handler = new RecordingHandler
        {
            OnArrival = (DatagramSocket socket, in ReceivedDatagram _) =>
            {
                // Two rounds read singly and show that more waits; the third reads four.
                if (++seen == 4)
                {
                    First.Close(socket);
                }
            },
        };

        for (int i = 0; i < 20; i++)
        {
            SendNow(Second, client, "x"u8, server.Local);
        }

        PollUntil(First, handler, () => seen == 4);

        Assert.Equal(2, First.Counters.ReceiveDiscarded);
        Assert.Equal(4, First.Counters.DatagramsReceived);
    }

    [Fact]
    public void A_socket_whose_burst_is_over_is_read_singly_again()
    {
        DatagramSocket server = Open(First);
        DatagramSocket client = Open(Second);
        var handler = new RecordingHandler();
        for (int i = 0; i < 20; i++)
        {
            SendNow(Second, client, [(byte)i], server.Local);
        }

        PollUntil(First, handler, () => handler.Arrivals.Count == 20);
        for (int i = 21; i <= 30; i++)
        {
            // The empty round in between shows that nothing more waits.
            SendNow(Second, client, "x"u8, server.Local);
            PollUntil(First, handler, () => handler.Arrivals.Count == i);
            Assert.Equal(0, First.Poll(0, handler));
        }

        // Of two datagrams the second is not read with the first.
        handler.OnArrival = (DatagramSocket socket, in ReceivedDatagram _) => First.Close(socket);
        SendNow(Second, client, "x"u8, server.Local);
        SendNow(Second, client, "xx"u8, server.Local);
        PollUntil(First, handler, () => handler.Arrivals.Count == 31);

        Assert.Equal(0, First.Counters.ReceiveDiscarded);
    }

    [Fact]
    public void A_full_descriptor_table_is_TooManyOpenSockets()
    {
        using DescriptorLimit limit = DescriptorLimit.FewMore();

        SocketError error = SocketError.Success;
        ulong opened = 0;
        while (opened < limit.Descriptors && First.TryOpen(Endpoint("127.0.0.1"), Plain, null, out _, out error))
        {
            opened++;
        }

        Assert.Equal(SocketError.TooManyOpenSockets, error);
    }

    [Fact]
    public void Ten_thousand_round_trips_allocate_nothing()
    {
        var options = new DatagramSocketOptions { ReceiveTrafficClass = true, ReceivePacketInfo = true, ReceiveErrors = true };
        DatagramSocket server = Open(First, options: options);
        DatagramSocket client = Open(Second, options: options);
        var echo = new Echo(First);
        var count = new Count();
        SocketEndpoint to = server.Local;
        RoundTrips(client, in to, echo, count, 2_000);

        int runs = 0;
        long allocated = AllocatedBytes.During(() =>
        {
            runs++;
            RoundTrips(client, in to, echo, count, 10_000);
        });

        Assert.Equal(0, allocated);
        Assert.Equal(2_000 + (runs * 10_000), count.Datagrams);
    }

    private void RoundTrips(DatagramSocket client, in SocketEndpoint server, Echo echo, Count count, int datagrams)
    {
        for (int sent = 0; sent < datagrams; sent += 10)
        {
            for (int i = 0; i < 10; i++)
            {
                Span<byte> payload = Second.Rent(160);
                payload[0] = (byte)i;
                Second.Send(client, payload, in server, default, trafficClass: 0xB8, dontFragment: i == 0);
            }

            Second.Flush();
            int target = count.Datagrams + 10;
            while (count.Datagrams < target)
            {
                First.Poll(0, echo);
                Second.Poll(0, count);
            }
        }
    }

    private SocketEndpoint ClosedPort(string address)
    {
        DatagramSocket socket = Open(Second, address);
        Second.Close(socket);
        return socket.Local;
    }

    private sealed class Echo(DatagramReactor reactor) : IDatagramHandler
    {
        public void OnDatagram(DatagramSocket socket, in ReceivedDatagram datagram) =>
            reactor.Send(
                socket,
                datagram.Buffer.Slice(datagram.Offset - 4, datagram.Length + 4),
                in datagram.Source,
                in datagram.Destination,
                datagram.TrafficClass);

        public void OnIcmpError(DatagramSocket socket, in IcmpError error) => Assert.Fail("An ICMP error.");
    }

    private sealed class Count : IDatagramHandler
    {
        public int Datagrams { get; private set; }

        public void OnDatagram(DatagramSocket socket, in ReceivedDatagram datagram) =>
            Datagrams += datagram.Length == 164 && datagram.TrafficClass == 0xB8 ? 1 : 0;

        public void OnIcmpError(DatagramSocket socket, in IcmpError error) => Assert.Fail("An ICMP error.");
    }

    private sealed class ClosingOnError(DatagramReactor reactor) : IDatagramHandler
    {
        public int Errors { get; private set; }

        public void OnDatagram(DatagramSocket socket, in ReceivedDatagram datagram) => Assert.Fail("A datagram of a closed socket.");

        public void OnIcmpError(DatagramSocket socket, in IcmpError error)
        {
            Errors++;
            reactor.Close(socket);
        }
    }
}
