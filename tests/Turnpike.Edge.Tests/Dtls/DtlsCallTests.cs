using System.Net;
using System.Net.Sockets;
using Org.BouncyCastle.Tls;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Protocol;

namespace Turnpike.Edge.Tests.Dtls;

/// <summary>TURN over DTLS (RFC 7350) through a running relay.</summary>
public sealed class DtlsCallTests
{
    [Theory]
    [InlineData("dtls://127.0.0.1:0", "ECDSA", "false")]
    [InlineData("dtls://127.0.0.1:0", "RSA", "false")]
    [InlineData("udp://127.0.0.1:0?dtls=true", "ECDSA", "true")]
    [InlineData("dtls://0.0.0.0:0", "ECDSA", "false")]
    public async Task A_call_goes_through_DTLS_in_both_directions(string listener, string algorithm, string portable)
    {
        using TestCertificates files = DtlsRelay.Certificates(algorithm);
        await using RunningRelay running = await DtlsRelay.StartAsync(
            files, ("Edge:Listeners:0", listener), ("Edge:Sockets:Portable", portable));
        using DtlsTestClient client = new DtlsTestClient(running.Port).Connect();
        using Socket peer = RunningRelay.Client();
        (byte[] nonce, TransportAddress relayed) = client.Allocate();
        client.Bind(nonce, peer);

        client.Send([0x40, 0, 0, 4, .. "ping"u8]);
        byte[] buffer = new byte[100];
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        int length = peer.ReceiveFrom(buffer, ref from);
        Assert.Equal("ping"u8.ToArray(), buffer[..length]);
        Assert.Equal(relayed.Port, ((IPEndPoint)from).Port);

        peer.SendTo("pong!"u8, from);
        Assert.Equal([0x40, 0, 0, 5, .. "pong!"u8], client.Receive());
        Assert.Equal(1, running.Sessions());
        Assert.Equal(1, running.Handshakes("completed"));
        Assert.Equal(1, running.Relay.Allocations);

        client.Close();
        await Eventually.TrueAsync(() => running.Sessions() == 0 && running.Relay.Allocations == 0 && running.Relay.Read().RelayPortsUsed == 0);
    }

    [Theory]
    [InlineData("ECDSA", CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)]
    [InlineData("ECDSA", CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384)]
    [InlineData("ECDSA", CipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256)]
    [InlineData("RSA", CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)]
    [InlineData("RSA", CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384)]
    [InlineData("RSA", CipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256)]
    public async Task Every_cipher_suite_carries_a_request_and_its_answer(string algorithm, int suite)
    {
        using TestCertificates files = DtlsRelay.Certificates(algorithm);
        await using RunningRelay running = await DtlsRelay.StartAsync(files);
        using DtlsTestClient client = new DtlsTestClient(running.Port) { CipherSuites = [suite] }.Connect();
        Assert.Equal(0, RunningRelay.Code(client.Ask(RunningRelay.Request(StunMethod.Binding))));
    }

    [Theory]
    [InlineData(CipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256)]
    [InlineData(CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA)]
    public async Task Suites_without_forward_secrecy_or_AEAD_are_refused_with_an_alert(int suite)
    {
        using TestCertificates files = DtlsRelay.Certificates("RSA");
        await using RunningRelay running = await DtlsRelay.StartAsync(files);
        using var client = new DtlsTestClient(running.Port) { CipherSuites = [suite] };
        TlsFatalAlertReceived alert = Assert.Throws<TlsFatalAlertReceived>(client.Connect);
        Assert.Equal(AlertDescription.handshake_failure, alert.AlertDescription);
        await Eventually.TrueAsync(() => running.Handshakes("failed") == 1);
        Assert.Equal(0, running.Sessions());
    }

    [Fact]
    public async Task A_listener_for_DTLS_alone_drops_plain_STUN()
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await DtlsRelay.StartAsync(files);
        using Socket client = RunningRelay.Client();
        client.SendTo(RunningRelay.Request(StunMethod.Binding), new IPEndPoint(IPAddress.Loopback, running.Port));
        await Eventually.TrueAsync(() => running.Drops("not_dtls") == 1);
        Assert.Equal(0, client.Available);
    }

    [Theory]
    [InlineData("dtls://[::1]:0")]
    [InlineData("udp://[::]:0?dtls=true")]
    public async Task IPv6_clients_are_served(string listener)
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await DtlsRelay.StartAsync(files, ("Edge:Listeners:0", listener));
        using DtlsTestClient client = new DtlsTestClient(running.Port, from: IPAddress.IPv6Loopback).Connect();
        Assert.Equal(0, RunningRelay.Code(client.Ask(RunningRelay.Request(StunMethod.Binding))));
    }

    [Fact]
    public async Task A_shared_port_serves_plain_STUN_and_DTLS_to_the_same_address_at_once()
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await DtlsRelay.StartAsync(files, ("Edge:Listeners:0", "udp://127.0.0.1:0?dtls=true"));
        using DtlsTestClient client = new DtlsTestClient(running.Port).Connect();
        (byte[] nonce, _) = client.Allocate();
        RunningRelay.Allocate(client.Socket, client.Server);
        Assert.Equal(2, running.Relay.Allocations);
        Assert.Equal(0, RunningRelay.Code(client.Ask(RunningRelay.Request(StunMethod.Refresh, nonce))));
    }

    [Fact]
    public async Task The_URLs_say_turns_over_udp()
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay own = await DtlsRelay.StartAsync(files);
        Assert.Equal([$"turns:127.0.0.1:{own.Port}?transport=udp"], own.Relay.ListenerUrls);
        await using RunningRelay shared = await DtlsRelay.StartAsync(files, ("Edge:Listeners:0", "udp://127.0.0.1:0?dtls=true"));
        Assert.Equal(
            [$"turn:127.0.0.1:{shared.Port}?transport=udp", $"turns:127.0.0.1:{shared.Port}?transport=udp"], shared.Relay.ListenerUrls);
    }

    [Fact]
    public async Task What_does_not_fit_into_one_datagram_is_dropped_and_counted()
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await DtlsRelay.StartAsync(files, ("Edge:Dtls:MaxDatagram", "1000"));
        using DtlsTestClient client = new DtlsTestClient(running.Port) { CipherSuites = [CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256] }.Connect();
        using Socket peer = RunningRelay.Client();
        (byte[] nonce, TransportAddress relayed) = client.Allocate();
        client.Bind(nonce, peer);

        // 13 bytes of record header, 8 of nonce, 16 of tag, 4 of ChannelData: 959 bytes are left.
        peer.SendTo(new byte[960], relayed.ToIPEndPoint());
        await Eventually.TrueAsync(() => running.Drops("too_big_for_dtls") == 1);
        peer.SendTo(new byte[959], relayed.ToIPEndPoint());
        Assert.Equal(963, client.Receive().Length);
    }

    [Fact]
    public async Task A_changed_certificate_is_for_new_handshakes_only()
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await DtlsRelay.StartAsync(files);
        using DtlsTestClient before = new DtlsTestClient(running.Port).Connect();
        Assert.Equal("CN=first", before.ServerName);

        files.Write("second", rsa: true);
        running.CertificateTime.Advance(TimeSpan.FromMinutes(1));
        using DtlsTestClient after = new DtlsTestClient(running.Port).Connect();
        Assert.Equal("CN=second", after.ServerName);
        Assert.Equal(0, RunningRelay.Code(before.Ask(RunningRelay.Request(StunMethod.Binding))));
    }
}
