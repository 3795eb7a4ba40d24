using System.Net;
using System.Net.Sockets;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Edge.Transport.Dtls;
using Turnpike.Protocol;

namespace Turnpike.Edge.Tests.Dtls;

/// <summary>What strangers can make a relay with DTLS do.</summary>
public sealed class HandshakeLimitTests
{
    [Fact]
    public async Task A_source_is_asked_for_its_cookie_no_more_often_than_it_would_hear_401()
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await DtlsRelay.StartAsync(files, ("Edge:Quota:UnauthenticatedResponsesPerSecond", "1"));
        using Socket client = RunningRelay.Client();
        byte[] hello = new Hello { Extensions = [] }.ToDatagram();
        for (int i = 0; i < 100; i++)
        {
            client.SendTo(hello, new IPEndPoint(IPAddress.Loopback, running.Port));
        }

        await Eventually.TrueAsync(() => running.Drops("unauthenticated_rate_limited") + running.Relay.Read().Dtls.HelloVerifyRequests == 100);
        Assert.InRange(running.Relay.Read().Dtls.HelloVerifyRequests, 2, 12);
        byte[] answer = new byte[2048];
        Assert.InRange(client.Receive(answer), 1, hello.Length);
    }

    [Fact]
    public async Task Handshakes_are_limited_in_number_and_in_time()
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await DtlsRelay.StartAsync(
            files, ("Edge:Dtls:Handshakes", "2"), ("Edge:Dtls:HandshakeTimeout", "1"));
        var server = new IPEndPoint(IPAddress.Loopback, running.Port);
        using Socket first = RunningRelay.Client(IPAddress.Parse("127.0.0.11"));
        using Socket second = RunningRelay.Client(IPAddress.Parse("127.0.0.12"));
        using Socket third = RunningRelay.Client(IPAddress.Parse("127.0.0.13"));
        new Hello().Begin(first, server);
        new Hello().Begin(second, server);
        Hello refused = new Hello().Begin(third, server);
        await Eventually.TrueAsync(() => running.Drops("dtls_handshake_limit") == 1);

        // The cookie is good all the same, and when the two have had their time there is room.
        await Eventually.TrueAsync(() => running.Handshakes("timed_out") == 2);
        third.SendTo(refused.ToDatagram(), server);
        await Eventually.TrueAsync(() => running.Handshakes("timed_out") == 3);
        Assert.Equal(1, running.Drops("dtls_handshake_limit"));
        Assert.Equal(0, running.Sessions());
    }

    [Fact]
    public async Task One_address_has_a_quarter_of_the_handshakes()
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await DtlsRelay.StartAsync(files, ("Edge:Dtls:Handshakes", "8"), ("Edge:Shards", "1"));
        var server = new IPEndPoint(IPAddress.Loopback, running.Port);
        using Socket first = RunningRelay.Client();
        using Socket second = RunningRelay.Client();
        using Socket third = RunningRelay.Client();
        new Hello().Begin(first, server);
        new Hello().Begin(second, server);
        new Hello().Begin(third, server);
        await Eventually.TrueAsync(() => running.Drops("dtls_handshake_limit") == 1);
        using DtlsTestClient other = new DtlsTestClient(running.Port, from: IPAddress.Parse("127.0.0.9")).Connect();
        Assert.Equal(0, RunningRelay.Code(other.Ask(RunningRelay.Request(StunMethod.Binding))));
    }

    [Fact]
    public async Task Sessions_are_limited_and_a_place_that_is_given_back_can_be_had()
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await DtlsRelay.StartAsync(files, ("Edge:Dtls:Sessions", "1"), ("Edge:Shards", "1"));
        using DtlsTestClient first = new DtlsTestClient(running.Port).Connect();
        using Socket socket = RunningRelay.Client();
        Hello hello = new Hello().Begin(socket, first.Server);
        await Eventually.TrueAsync(() => running.Drops("dtls_handshake_limit") == 1);
        Assert.Equal(0, RunningRelay.Code(first.Ask(RunningRelay.Request(StunMethod.Binding))));

        first.Close();
        await Eventually.TrueAsync(() => running.Sessions() == 0);
        using DtlsTestClient second = new DtlsTestClient(running.Port).Connect();
        await Eventually.EqualAsync(1, running.Sessions);
        Assert.NotEmpty(hello.Cookie);
    }

    [Fact]
    public async Task A_client_that_sends_too_much_during_its_handshake_is_not_listened_to()
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await DtlsRelay.StartAsync(files);
        var server = new IPEndPoint(IPAddress.Loopback, running.Port);
        using Socket client = RunningRelay.Client();
        byte[] again = new Hello().Begin(client, server).ToDatagram();
        byte[] huge = [.. again, .. new byte[HandshakeTransport.ReceiveLimit]];
        client.SendTo(huge, server);
        await Eventually.TrueAsync(() => running.Drops("dtls_handshake_queue_full") == 1);
    }

    [Theory]
    [InlineData(20)] // ends in the random
    [InlineData(-1)] // the record is cut
    public async Task A_hello_that_does_not_parse_is_dropped(int keep)
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await DtlsRelay.StartAsync(files);
        using Socket client = RunningRelay.Client();
        byte[] hello = new Hello().ToDatagram();
        byte[] datagram = hello[..^1];
        if (keep > 0)
        {
            datagram = hello[..(DtlsRecord.HeaderLength + keep)];
            datagram[11] = 0;
            datagram[12] = (byte)keep;
        }

        client.SendTo(datagram, new IPEndPoint(IPAddress.Loopback, running.Port));
        string reason = keep > 0 ? "malformed_client_hello" : "malformed_dtls_record";
        await Eventually.TrueAsync(() => running.Drops(reason) == 1);
        Assert.Equal(0, client.Available);
    }
}
