using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Protocol;

namespace Turnpike.Edge.Tests.Streams;

public sealed class TlsClientTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_call_goes_through(SslProtocols version)
    {
        await using StreamHost host = await StartAsync();
        await using StreamClient client = await StreamClient.ConnectTlsAsync(host.Address("turns"), version, ["stun.turn"]);
        Assert.Equal(version, client.Tls.SslProtocol);
        using Socket peer = RunningRelay.Client();
        TransportAddress relayed = await client.AllocateAsync();
        Assert.Equal(0, await client.BindAsync((IPEndPoint)peer.LocalEndPoint!));
        await client.SendAsync([0x40, 0, 0, 4, .. "ping"u8]);
        byte[] buffer = new byte[100];
        Assert.Equal("ping"u8.ToArray(), buffer[..peer.Receive(buffer)]);
        byte[] large = new byte[40_000];
        large.AsSpan().Fill(7);
        peer.SendTo(large, relayed.ToIPEndPoint());
        Assert.Equal([0x40, 0, 0x9C, 0x40, .. large], await client.ReceiveAsync());
        Assert.Equal((0, 1), (host.Open("tcp"), host.Open("tls")));
        await client.DisposeAsync();
        await Eventually.EqualAsync(0, () => host.Relay.Allocations);
        await Eventually.EqualAsync(0, () => host.Open("tls"));
    }

    [Fact]
    public async Task The_intermediates_are_sent_with_the_leaf()
    {
        // Every client here trusts the root alone, so that none would connect without; this one looks.
        await using StreamHost host = await StartAsync();
        using var socket = new TcpClient();
        await socket.ConnectAsync(host.Address("turns"), TestContext.Current.CancellationToken);
        await using var tls = new SslStream(socket.GetStream());
        string[] sent = [];
        SslClientAuthenticationOptions options = StreamClient.TlsOptions();
        options.RemoteCertificateValidationCallback = (_, leaf, chain, errors) =>
        {
            sent = [leaf!.Subject, .. chain!.ChainPolicy.ExtraStore.Select(certificate => certificate.Subject)];
            return errors == SslPolicyErrors.None;
        };
        await tls.AuthenticateAsClientAsync(options, TestContext.Current.CancellationToken);
        Assert.Equal(["CN=first", "CN=Intermediate"], sent.Distinct());
    }

    [Fact]
    public async Task A_chain_without_its_intermediate_is_not_trusted_by_these_clients()
    {
        string leafAlone = File.ReadAllText(_certificates.Certificate).Split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n";
        File.WriteAllText(_certificates.Certificate, leafAlone);
        await using StreamHost host = await StartAsync();
        await Assert.ThrowsAsync<AuthenticationException>(() => StreamClient.ConnectTlsAsync(host.Address("turns")));
    }

#pragma warning disable SYSLIB0039, CA5397 // The old versions are here to be refused.
    [Theory]
    [InlineData(SslProtocols.Tls)]
    [InlineData(SslProtocols.Tls11)]
    public async Task Versions_before_1_2_are_refused(SslProtocols version)
    {
        await using StreamHost host = await StartAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => StreamClient.ConnectTlsAsync(host.Address("turns"), version));
        await using StreamClient raw = await StreamClient.ConnectAsync(host.Address("turns"), HelloOf(version));
        Assert.True(await IsRefusedAsync(raw));
        await Eventually.TrueAsync(() => host.Closed("tls_failed") > 0);
    }

    // A ClientHello as these versions had it: whatever this machine's own library still offers, the server sees one.
    private static byte[] HelloOf(SslProtocols version)
    {
        byte minor = version == SslProtocols.Tls ? (byte)1 : (byte)2;
        byte[] body = [3, minor, .. new byte[32], 0, 0, 4, 0xC0, 0x14, 0, 0x35, 1, 0];
        return [0x16, 3, minor, 0, (byte)(body.Length + 4), 1, 0, 0, (byte)body.Length, .. body];
    }
#pragma warning restore SYSLIB0039, CA5397

    [Fact]
    public async Task A_client_without_ALPN_is_served() => await Served(null);

    [Fact]
    public async Task A_client_that_offers_stun_turn_among_others_is_served_with_it()
    {
        await using StreamHost host = await StartAsync();
        await using StreamClient client = await StreamClient.ConnectTlsAsync(host.Address("turns"), alpn: ["h2", "stun.turn"]);
        Assert.Equal(new SslApplicationProtocol("stun.turn"), client.Tls.NegotiatedApplicationProtocol);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_client_that_offers_other_protocols_only_is_refused(SslProtocols version)
    {
        await using StreamHost host = await StartAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => StreamClient.ConnectTlsAsync(host.Address("turns"), version, ["http/1.1", "stun.turnx"]));
        await Eventually.EqualAsync(1, () => host.Closed("tls_failed"));
    }

    [Fact]
    public async Task A_plain_client_on_a_TLS_port_is_refused_and_a_TLS_client_on_a_plain_one_as_well()
    {
        await using StreamHost host = await StreamHost.StartAsync(
            [("Edge:Listeners:0", "tls://127.0.0.1:0"), ("Edge:Listeners:1", "tcp://127.0.0.1:0"), .. _certificates.Settings]);
        await using StreamClient plain = await StreamClient.ConnectAsync(host.Address("turns"), RunningRelay.Request(StunMethod.Binding));
        Assert.True(await IsRefusedAsync(plain));
        await Assert.ThrowsAnyAsync<Exception>(() => StreamClient.ConnectTlsAsync(host.Address("turn")));
        await Eventually.EqualAsync(1, () => host.Closed("tls_failed"));
        await Eventually.EqualAsync(1, () => host.Closed("invalid_frame"));
    }

    [Fact]
    public async Task Plain_and_TLS_are_told_apart_on_one_port()
    {
        await using StreamHost host = await StreamHost.StartAsync(
            [("Edge:Listeners:0", "tcp+tls://127.0.0.1:0"), .. _certificates.Settings]);
        Assert.Equal(host.Address("turn"), host.Address("turns"));
        await using StreamClient plain = await host.ConnectAsync();
        await using StreamClient tls = await StreamClient.ConnectTlsAsync(host.Address("turns"));
        await plain.AllocateAsync();
        await tls.AllocateAsync();
        Assert.Equal((1, 1), (host.Open("tcp"), host.Open("tls")));
    }

    [Fact]
    public async Task The_client_hello_may_arrive_byte_by_byte()
    {
        await using StreamHost host = await StartAsync();
        var pieces = new TricklingStream();
        using var client = new TcpClient();
        await client.ConnectAsync(host.Address("turns"), TestContext.Current.CancellationToken);
        pieces.Inner = client.GetStream();
        await using var tls = new SslStream(pieces);
        await tls.AuthenticateAsClientAsync(StreamClient.TlsOptions(), TestContext.Current.CancellationToken);
        await tls.WriteAsync(RunningRelay.Request(StunMethod.Binding), TestContext.Current.CancellationToken);
        Assert.Equal(1, tls.ReadByte());
    }

    private static async Task<bool> IsRefusedAsync(StreamClient client)
    {
        try
        {
            // An alert record, or nothing at all; never a STUN message.
            byte[]? answer = await client.ReceiveAsync();
            return answer is null || answer[0] == 0x15;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private async Task Served(string[]? alpn)
    {
        await using StreamHost host = await StartAsync();
        await using StreamClient client = await StreamClient.ConnectTlsAsync(host.Address("turns"), alpn: alpn);
        await client.AllocateAsync();
    }

    private Task<StreamHost> StartAsync() =>
        StreamHost.StartAsync([("Edge:Listeners:0", "tls://127.0.0.1:0"), .. _certificates.Settings]);
}
