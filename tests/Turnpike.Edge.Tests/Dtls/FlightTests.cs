using Turnpike.Edge.Tests.Streams;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Edge.Transport.Dtls;
using Turnpike.Protocol;

namespace Turnpike.Edge.Tests.Dtls;

/// <summary>Handshakes over a network that loses, repeats and reorders (RFC 6347 section 4.2.4).</summary>
public sealed class FlightTests
{
    [Theory]
    [InlineData(0)] // the first ClientHello
    [InlineData(1)] // the one with the cookie
    [InlineData(2)] // ClientKeyExchange and what follows it, one datagram each
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_datagram_of_the_client_may_be_lost(int lost)
    {
        int count = 0;
        await ConnectAndAsk(client => client.Transport.Outgoing = datagram => count++ == lost ? [] : [datagram]);
    }

    [Theory]
    [InlineData(0)] // HelloVerifyRequest
    [InlineData(1)] // ServerHello to ServerHelloDone
    [InlineData(2)] // ChangeCipherSpec and Finished
    public async Task A_datagram_of_the_server_may_be_lost(int lost)
    {
        int count = 0;
        await ConnectAndAsk(client => client.Transport.Incoming = datagram => count++ == lost ? [] : [datagram]);
    }

    [Fact]
    public async Task Every_datagram_may_come_twice() => await ConnectAndAsk(client =>
    {
        client.Transport.Outgoing = datagram => [datagram, datagram];
        client.Transport.Incoming = datagram => [datagram, [.. datagram]];
    });

    [Fact]
    public async Task The_clients_last_flight_may_come_in_another_order() => await ConnectAndAsk(client =>
    {
        var held = new List<byte[]>();
        client.Transport.Outgoing = datagram =>
        {
            // ClientKeyExchange is held back until ChangeCipherSpec has gone; Finished comes before both.
            bool isHello = datagram[DtlsRecord.HeaderLength] == 1 && datagram[0] == 22 && datagram[4] == 0;
            if (isHello || held.Count == 3)
            {
                return [datagram];
            }

            held.Insert(0, datagram);
            return held.Count == 3 ? [.. held] : [];
        };
    });

    [Fact]
    public async Task A_repeated_last_flight_is_answered_with_the_same_last_flight()
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await DtlsRelay.StartAsync(files);
        using var client = new DtlsTestClient(running.Port);
        var last = new List<byte[]>();
        client.Transport.Incoming = datagram =>
        {
            if (datagram[0] != 20)
            {
                return [datagram];
            }

            last.Add(datagram);
            return last.Count == 1 ? [] : [datagram]; // the first one is lost
        };
        client.Connect();
        Assert.Equal(2, last.Count);
        Assert.Equal(last[0], last[1]);
        Assert.Equal(1, running.Handshakes("completed"));
    }

    [Fact]
    public async Task A_late_copy_of_the_hello_begins_no_second_handshake()
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await DtlsRelay.StartAsync(files);
        using var client = new DtlsTestClient(running.Port);
        var sent = new List<byte[]>();
        client.Transport.Outgoing = datagram =>
        {
            sent.Add(datagram);
            return [datagram];
        };
        client.Connect();
        // A client that had to wait may have sent either of its hellos twice.
        byte[] hello = sent.First(HasCookie);
        long dropped = running.Drops("repeated_client_hello");
        client.Socket.SendTo(hello, client.Server);
        await Eventually.TrueAsync(() => running.Drops("repeated_client_hello") > dropped);
        Assert.Equal(0, RunningRelay.Code(client.Ask(RunningRelay.Request(StunMethod.Binding))));
        Assert.Equal(1, running.Handshakes("completed"));
    }

    [Fact]
    public async Task Flights_of_the_server_fit_into_small_datagrams()
    {
        using TestCertificates files = DtlsRelay.Certificates("RSA");
        await File.AppendAllTextAsync(files.Certificate, TestCertificates.Make("long", rsa: true).Certificate, TestContext.Current.CancellationToken);
        await using RunningRelay running = await DtlsRelay.StartAsync(files);
        using var client = new DtlsTestClient(running.Port);
        int longest = 0;
        client.Transport.Incoming = datagram =>
        {
            longest = Math.Max(longest, datagram.Length);
            return [datagram];
        };
        client.Connect();
        Assert.InRange(longest, 1000, HandshakeTransport.SendLimit);
    }

    private static async Task ConnectAndAsk(Action<DtlsTestClient> spoil)
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await DtlsRelay.StartAsync(files);
        using var client = new DtlsTestClient(running.Port);
        spoil(client);
        client.Connect();
        Assert.Equal(0, RunningRelay.Code(client.Ask(RunningRelay.Request(StunMethod.Binding))));
        await Eventually.TrueAsync(() => running.Handshakes("completed") == 1);
        Assert.Equal(1, running.Sessions());
        Assert.Equal(0, running.Handshakes("failed"));
    }

    // RFC 6347 section 4.2.1: behind the record's and the message's header a ClientHello has version, random, session and cookie.
    private static bool HasCookie(byte[] datagram)
    {
        const int Session = 13 + 12 + 2 + 32;
        return datagram is [22, _, _, 0, 0, ..] && datagram[13] == 1 && datagram[Session + 1 + datagram[Session]] > 0;
    }
}
