using System.Net.Sockets;

namespace Turnpike.Sockets.Tests;

/// <summary>How sockets come, move and go, and how a reactor waits: the same for every backend.</summary>
public abstract class LifecycleConformance(bool portable) : ReactorTest(portable)
{
    [Fact]
    public void A_bound_port_is_in_use()
    {
        DatagramSocket socket = Open(First);

        Assert.False(Second.TryOpen(socket.Local, Plain, null, out DatagramSocket? second, out SocketError error));

        Assert.Null(second);
        Assert.Equal(SocketError.AddressAlreadyInUse, error);
    }

    [Fact]
    public void A_foreign_address_is_not_available()
    {
        Assert.False(First.TryOpen(Endpoint("192.0.2.1"), Plain, null, out _, out SocketError error));

        Assert.Equal(SocketError.AddressNotAvailable, error);
    }

    [Fact]
    public void An_unspecified_endpoint_has_no_family_to_open()
    {
        Assert.False(First.TryOpen(default, Plain, null, out _, out SocketError error));

        Assert.Equal(SocketError.AddressFamilyNotSupported, error);
    }

    [Fact]
    public void A_closed_port_is_free_again()
    {
        DatagramSocket socket = Open(First);
        First.Close(socket);
        First.Close(socket);

        Assert.True(Second.TryOpen(socket.Local, Plain, null, out _, out SocketError error), error.ToString());
        Assert.Equal(0, socket.GrantedReceiveBuffer);
    }

    [Fact]
    public void A_send_on_a_closed_socket_is_dropped_and_counted()
    {
        DatagramSocket socket = Open(First);
        First.Close(socket);

        SendNow(First, socket, "x"u8, socket.Local);

        Assert.Equal(1, First.Counters.SendDroppedOther);
    }

    [Fact]
    public void A_socket_of_another_reactor_is_refused()
    {
        DatagramSocket socket = Open(First);

        Assert.Throws<InvalidOperationException>(() => Second.Send(socket, "x"u8, socket.Local, default));
        Assert.Throws<InvalidOperationException>(() => Second.Close(socket));
        Assert.Throws<InvalidOperationException>(() => Second.Detach(socket));
        Assert.Throws<InvalidOperationException>(() => Second.Attach(socket));
    }

    [Fact]
    public void Closing_the_socket_being_read_stops_its_batch_and_sends_what_it_had_unsent()
    {
        DatagramSocket server = Open(First);
        DatagramSocket other = Open(First);
        DatagramSocket client = Open(Second);
        var handler = new RecordingHandler
        {
            OnArrival = (DatagramSocket socket, in ReceivedDatagram datagram) =>
            {
                if (socket == server)
                {
                    First.Send(socket, "last words"u8, in datagram.Source, default);
                    First.Close(socket);
                }
            },
        };
        var answers = new RecordingHandler();

        for (int i = 0; i < 10; i++)
        {
            SendNow(Second, client, "x"u8, server.Local);
        }

        SendNow(Second, client, "y"u8, other.Local);
        PollUntil(First, handler, () => handler.Arrivals.Count == 2);
        PollUntil(Second, answers, () => answers.Arrivals.Count == 1);

        Assert.Single(handler.Arrivals, a => a.Socket == server);
        Assert.Equal("last words"u8, answers.Arrivals[0].Payload);
        Assert.Equal(0, First.Poll(0, handler));
    }

    [Fact]
    public void A_socket_opened_in_place_of_one_closed_in_the_same_round_gets_only_its_own_datagrams()
    {
        DatagramSocket one = Open(First);
        DatagramSocket two = Open(First);
        DatagramSocket client = Open(Second);
        DatagramSocket? replacement = null;
        var handler = new RecordingHandler
        {
            OnArrival = (DatagramSocket socket, in ReceivedDatagram _) =>
            {
                if (replacement is null)
                {
                    First.Close(socket == one ? two : one);
                    replacement = Open(First);
                }
            },
        };

        SendNow(Second, client, "x"u8, one.Local);
        SendNow(Second, client, "x"u8, two.Local);
        PollUntil(First, handler, () => replacement is not null);
        Assert.Equal(0, First.Poll(0, handler));
        SendNow(Second, client, "new"u8, replacement!.Local);
        PollUntil(First, handler, () => handler.Arrivals.Count == 2);

        Assert.Same(replacement, handler.Arrivals[1].Socket);
        Assert.Equal("new"u8, handler.Arrivals[1].Payload);
    }

    [Fact]
    public void A_detached_socket_keeps_its_packets_for_the_reactor_it_is_attached_to()
    {
        DatagramSocket moving = Open(First, state: "mine");
        DatagramSocket client = Open(Second);
        var handler = new RecordingHandler();

        First.Send(moving, "unsent"u8, client.Local, default);
        First.Detach(moving);
        SendNow(Second, client, "waiting"u8, moving.Local);
        Assert.Equal(0, First.Poll(0, handler));
        Assert.Throws<InvalidOperationException>(() => First.Send(moving, "x"u8, client.Local, default));
        Second.Attach(moving);
        PollUntil(Second, handler, () => handler.Arrivals.Count == 2);

        Assert.Equal("unsent"u8, handler.Arrivals.Single(a => a.Socket == client).Payload);
        Assert.Equal("waiting"u8, handler.Arrivals.Single(a => a.Socket == moving).Payload);
        Assert.Equal("mine", moving.State);
        SendNow(Second, moving, "from here"u8, client.Local);
        PollUntil(Second, handler, () => handler.Arrivals.Count == 3);
    }

    [Fact]
    public void A_detached_socket_may_be_closed_by_any_reactor()
    {
        DatagramSocket socket = Open(First);
        First.Detach(socket);

        Second.Close(socket);

        Assert.Throws<InvalidOperationException>(() => Second.Attach(socket));
        Assert.True(First.TryOpen(socket.Local, Plain, null, out _, out _));
    }

    [Fact]
    public void Wake_from_another_thread_ends_an_endless_wait()
    {
        var handler = new RecordingHandler();
        using var waiting = new ManualResetEventSlim();
        int returned = 0;
        var loop = new Thread(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                waiting.Set();
                First.Poll(-1, handler);
                Interlocked.Increment(ref returned);
            }
        });
        loop.Start();
        waiting.Wait(TestContext.Current.CancellationToken);

        // A wake that falls between two waits must end the next one; many at once may count as one.
        while (!loop.Join(0))
        {
            First.Wake();
        }

        Assert.Equal(100, returned);
        Assert.Empty(handler.Arrivals);
    }

    [Fact]
    public void Wakes_before_the_wait_coalesce_into_one_return()
    {
        var handler = new RecordingHandler();
        First.Wake();
        First.Wake();
        First.Wake();

        Assert.Equal(0, First.Poll(-1, handler));
        Assert.Equal(0, First.Poll(0, handler));
        First.Wake();
        Assert.Equal(0, First.Poll(-1, handler));
    }

    [Fact]
    public void A_wake_after_disposal_does_nothing()
    {
        First.Dispose();

        First.Wake();

        Assert.Throws<ObjectDisposedException>(() => First.Poll(0, new RecordingHandler()));
    }

    [Fact]
    public void An_exception_of_the_handler_comes_out_of_Poll_and_the_reactor_goes_on()
    {
        DatagramSocket server = Open(First);
        DatagramSocket client = Open(Second);
        var failing = new RecordingHandler
        {
            OnArrival = (DatagramSocket _, in ReceivedDatagram _) => throw new NotSupportedException(),
        };
        var handler = new RecordingHandler();

        SendNow(Second, client, "1"u8, server.Local);
        Assert.Throws<NotSupportedException>(() => PollUntil(First, failing, () => false));
        SendNow(Second, client, "2"u8, server.Local);
        PollUntil(First, handler, () => handler.Arrivals.Count == 1);

        Assert.Equal(client.Local, handler.Arrivals[0].Source);
    }

    [Fact]
    public void Poll_inside_a_callback_is_refused()
    {
        DatagramSocket server = Open(First);
        DatagramSocket client = Open(Second);
        var handler = new RecordingHandler();
        handler.OnArrival = (DatagramSocket _, in ReceivedDatagram _) =>
            Assert.Throws<InvalidOperationException>(() => First.Poll(0, handler));

        SendNow(Second, client, "1"u8, server.Local);
        PollUntil(First, handler, () => handler.Arrivals.Count == 1);
    }

    [Fact]
    public void A_thousand_sockets_on_one_reactor_each_get_their_own_datagram()
    {
        DatagramSocket client = Open(Second);
        DatagramSocket[] sockets = [.. Enumerable.Range(0, 1000).Select(i => Open(First, state: i))];
        var handler = new RecordingHandler();

        foreach (DatagramSocket socket in sockets)
        {
            SendNow(Second, client, BitConverter.GetBytes((int)socket.State!), socket.Local);
        }

        PollUntil(First, handler, () => handler.Arrivals.Count == 1000);

        Assert.All(handler.Arrivals, a => Assert.Equal((int)a.Socket.State!, BitConverter.ToInt32(a.Payload)));
        Assert.Equal(1000, handler.Arrivals.Select(a => a.Socket).Distinct().Count());
    }
}
