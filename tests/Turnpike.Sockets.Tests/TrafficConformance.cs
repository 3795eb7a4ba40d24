using System.Security.Cryptography;

namespace Turnpike.Sockets.Tests;

/// <summary>How datagrams travel: the same for every backend.</summary>
public abstract class TrafficConformance(bool portable) : ReactorTest(portable)
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void A_datagram_makes_a_round_trip(string address)
    {
        DatagramSocket server = Open(First, address);
        DatagramSocket client = Open(Second, address);
        RecordingHandler echo = RecordingHandler.Echo(First);
        var answers = new RecordingHandler();

        SendNow(Second, client, "ping"u8, server.Local);
        PollUntil(First, echo, () => echo.Arrivals.Count == 1);
        PollUntil(Second, answers, () => answers.Arrivals.Count == 1);

        Assert.NotEqual(0, server.Local.Port);
        Assert.Equal(client.Local, echo.Arrivals[0].Source);
        Assert.Equal(server.Local, echo.Arrivals[0].Destination);
        Assert.Equal("ping"u8, answers.Arrivals[0].Payload);
        Assert.Equal(server.Local, answers.Arrivals[0].Source);
        Assert.Same(client, answers.Arrivals[0].Socket);
        Assert.Equal(1, First.Counters.DatagramsReceived);
        Assert.Equal(1, First.Counters.DatagramsSent);
    }

    [Fact]
    public void Two_hundred_datagrams_arrive_in_order_and_are_echoed_in_order()
    {
        var options = new DatagramSocketOptions { ReceiveBuffer = 1 << 20 };
        DatagramSocket server = Open(First, options: options);
        DatagramSocket client = Open(Second, options: options);
        RecordingHandler echo = RecordingHandler.Echo(First);
        var answers = new RecordingHandler();

        for (int i = 0; i < 200; i++)
        {
            Second.Send(client, BitConverter.GetBytes(i), server.Local, default);
        }

        Second.Flush();
        PollUntil(First, echo, () => echo.Arrivals.Count == 200);
        PollUntil(Second, answers, () => answers.Arrivals.Count == 200);

        int[] numbers = [.. answers.Arrivals.Select(a => BitConverter.ToInt32(a.Payload))];
        Assert.Equal(Enumerable.Range(0, 200), numbers);
    }

    [Fact]
    public void More_datagrams_than_a_batch_holds_keep_their_order_per_socket()
    {
        DatagramSocket[] senders = [Open(Second), Open(Second), Open(Second)];
        DatagramSocket[] receivers = [Open(First), Open(First), Open(First)];
        var handler = new RecordingHandler();

        for (int i = 0; i < 750; i++)
        {
            Second.Send(senders[i % 3], BitConverter.GetBytes(i), receivers[i % 3].Local, default);
        }

        Second.Flush();
        PollUntil(First, handler, () => handler.Arrivals.Count == 750);

        for (int flow = 0; flow < 3; flow++)
        {
            int[] numbers = [.. handler.Arrivals.Where(a => a.Socket == receivers[flow]).Select(a => BitConverter.ToInt32(a.Payload))];
            Assert.Equal(Enumerable.Range(0, 250).Select(i => (i * 3) + flow), numbers);
        }
    }

    [Fact]
    public void One_socket_sends_what_came_from_a_hundred_others_in_one_round()
    {
        DatagramSocket client = Open(Second);
        DatagramSocket listener = Open(First);
        DatagramSocket[] relays = [.. Enumerable.Range(0, 100).Select(i => Open(First, state: i))];
        var forward = new RecordingHandler
        {
            OnArrival = (DatagramSocket socket, in ReceivedDatagram datagram) =>
            {
                // A header in front, as a channel data message has it.
                Span<byte> message = datagram.Buffer.Slice(datagram.Offset - 4, datagram.Length + 4);
                BitConverter.TryWriteBytes(message, (int)socket.State!);
                First.Send(listener, message, client.Local, default);
            },
        };
        var answers = new RecordingHandler();

        foreach (DatagramSocket relay in relays)
        {
            SendNow(Second, client, BitConverter.GetBytes((int)relay.State! * 7), relay.Local);
        }

        PollUntil(First, forward, () => forward.Arrivals.Count == 100);
        PollUntil(Second, answers, () => answers.Arrivals.Count == 100);

        Assert.Equal(100, answers.Arrivals.Select(a => BitConverter.ToInt32(a.Payload)).Distinct().Count());
        Assert.All(answers.Arrivals, a => Assert.Equal(BitConverter.ToInt32(a.Payload) * 7, BitConverter.ToInt32(a.Payload, 4)));
        Assert.All(answers.Arrivals, a => Assert.Equal(listener.Local, a.Source));
        Assert.True(Portable || First.Counters.SendCalls < 20, $"{First.Counters.SendCalls} calls for 100 datagrams of one socket.");
    }

    [Fact]
    public void Headroom_and_tailroom_are_writable_and_sent_with_the_payload()
    {
        DatagramSocket server = Open(First);
        DatagramSocket client = Open(Second);
        var handler = new RecordingHandler
        {
            OnArrival = (DatagramSocket socket, in ReceivedDatagram datagram) =>
            {
                Assert.True(datagram.Offset >= ReceivedDatagram.Headroom);
                Assert.True(datagram.Buffer.Length - datagram.Offset - datagram.Length >= ReceivedDatagram.Tailroom);
                Span<byte> whole = datagram.Buffer.Slice(
                    datagram.Offset - ReceivedDatagram.Headroom,
                    ReceivedDatagram.Headroom + datagram.Length + ReceivedDatagram.Tailroom);
                whole[..ReceivedDatagram.Headroom].Fill(1);
                whole[^ReceivedDatagram.Tailroom..].Fill(2);
                First.Send(socket, whole, in datagram.Source, default);
            },
        };
        var answers = new RecordingHandler();

        SendNow(Second, client, "abc"u8, server.Local);
        PollUntil(First, handler, () => handler.Arrivals.Count == 1);
        PollUntil(Second, answers, () => answers.Arrivals.Count == 1);

        byte[] expected = [.. Enumerable.Repeat((byte)1, 64), .. "abc"u8, .. Enumerable.Repeat((byte)2, 8)];
        Assert.Equal(expected, answers.Arrivals[0].Payload);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_507)]
    public void Datagrams_of_every_length_that_UDP_has_pass_whole(int length)
    {
        var options = new DatagramSocketOptions { ReceiveBuffer = 1 << 20, SendBuffer = 1 << 18 };
        DatagramSocket server = Open(First, options: options);
        DatagramSocket client = Open(Second, options: options);
        RecordingHandler echo = RecordingHandler.Echo(First);
        var answers = new RecordingHandler();
        byte[] payload = RandomNumberGenerator.GetBytes(length);

        SendNow(Second, client, payload, server.Local);
        PollUntil(First, echo, () => echo.Arrivals.Count == 1);
        PollUntil(Second, answers, () => answers.Arrivals.Count == 1);

        Assert.Equal(payload, answers.Arrivals[0].Payload);
        Assert.False(answers.Arrivals[0].Truncated);
    }

    [Fact]
    public void A_datagram_beyond_UDP_is_dropped_and_counted_and_the_next_one_passes()
    {
        DatagramSocket client = Open(Second);
        DatagramSocket server = Open(First);
        var handler = new RecordingHandler();

        Second.Send(client, new byte[65_508], server.Local, default);
        Second.Send(client, new byte[70_000], server.Local, default);
        Second.Send(client, "next"u8, server.Local, default);
        Second.Flush();
        PollUntil(First, handler, () => handler.Arrivals.Count == 1);

        Assert.Equal(2, Second.Counters.SendDroppedTooBig);
        Assert.Equal("next"u8, handler.Arrivals[0].Payload);
    }

    [Fact]
    public void Rented_memory_larger_in_sum_than_the_arena_is_sent_whole()
    {
        var options = new DatagramSocketOptions { ReceiveBuffer = 4 << 20, SendBuffer = 1 << 20 };
        DatagramSocket server = Open(First, options: options);
        DatagramSocket client = Open(Second, options: options);
        var handler = new RecordingHandler();
        Assert.SkipUnless(server.GrantedReceiveBuffer >= 2 << 20, "net.core.rmem_max is too small for this test.");

        for (int i = 0; i < 12; i++)
        {
            Span<byte> rented = Second.Rent(60_000);
            rented.Fill((byte)i);
            Second.Send(client, rented, server.Local, default);
        }

        Second.Flush();
        PollUntil(First, handler, () => handler.Arrivals.Count == 12);

        for (int i = 0; i < 12; i++)
        {
            Assert.Equal(60_000, handler.Arrivals[i].Payload.Length);
            Assert.All(handler.Arrivals[i].Payload, b => Assert.Equal(i, b));
        }
    }

    [Fact]
    public void Renting_more_than_a_datagram_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => { First.Rent(65_536); });

    [Theory]
    [InlineData("0.0.0.0", "127.0.0.1", "127.0.0.2")]
    [InlineData("::", "::1", "::1")]
    public void Packet_info_tells_the_real_local_address_of_a_wildcard_bind(string bind, string one, string other)
    {
        DatagramSocket server = Open(First, bind, new DatagramSocketOptions { ReceivePacketInfo = true });
        DatagramSocket client = Open(Second, one);
        var handler = new RecordingHandler();

        SendNow(Second, client, "1"u8, Endpoint(one, server.Local.Port));
        SendNow(Second, client, "2"u8, Endpoint(other, server.Local.Port));
        PollUntil(First, handler, () => handler.Arrivals.Count == 2);

        Assert.Equal(Endpoint(one, server.Local.Port), handler.Arrivals[0].Destination);
        Assert.Equal(Endpoint(other, server.Local.Port), handler.Arrivals[1].Destination);
    }

    [Fact]
    public void A_dual_stack_socket_reports_IPv4_as_mapped_addresses_and_answers_them()
    {
        DatagramSocket server = Open(First, "::", new DatagramSocketOptions { IPv6Only = false, ReceivePacketInfo = true });
        DatagramSocket client = Open(Second);
        RecordingHandler echo = RecordingHandler.Echo(First);
        var answers = new RecordingHandler();

        SendNow(Second, client, "x"u8, Endpoint("127.0.0.1", server.Local.Port));
        PollUntil(First, echo, () => echo.Arrivals.Count == 1);
        PollUntil(Second, answers, () => answers.Arrivals.Count == 1);

        Assert.True(echo.Arrivals[0].Source.IsIPv4Mapped);
        Assert.Equal(Endpoint("127.0.0.1", server.Local.Port), answers.Arrivals[0].Source);
    }

    [Fact]
    public void Every_socket_of_a_reuse_port_group_opens_and_one_of_them_receives()
    {
        var options = new DatagramSocketOptions { ReusePort = true };
        DatagramSocket one = Open(First, options: options);
        Assert.True(Second.TryOpen(one.Local, options, null, out DatagramSocket? two, out _));
        using DatagramReactor third = DatagramReactor.Create(new ReactorOptions { Portable = Portable });
        var handler = new RecordingHandler();

        // Many clients, so that the hash reaches both sockets; what either gets is counted together.
        for (int i = 0; i < 40; i++)
        {
            SendNow(third, Open(third), "x"u8, one.Local);
        }

        for (int round = 0; handler.Arrivals.Count < 40; round++)
        {
            Assert.True(round < 100, $"{handler.Arrivals.Count} of 40 datagrams arrived.");
            First.Poll(10, handler);
            Second.Poll(10, handler);
        }

        Assert.Contains(handler.Arrivals, a => a.Socket == one);
        Assert.Contains(handler.Arrivals, a => a.Socket == two);
    }

    [Fact]
    public void A_send_to_another_address_family_is_dropped_and_counted()
    {
        DatagramSocket client = Open(Second);

        SendNow(Second, client, "x"u8, Endpoint("::1", 9));

        Assert.Equal(1, Second.Counters.SendDroppedOther);
        Assert.Equal(0, Second.Counters.DatagramsSent);
    }

    [Fact]
    public void Granted_buffers_are_reported_as_they_were_asked_for()
    {
        DatagramSocket socket = Open(First, options: new DatagramSocketOptions { ReceiveBuffer = 65_536, SendBuffer = 32_768 });

        Assert.Equal(65_536, socket.GrantedReceiveBuffer);
        Assert.Equal(32_768, socket.GrantedSendBuffer);
    }
}
