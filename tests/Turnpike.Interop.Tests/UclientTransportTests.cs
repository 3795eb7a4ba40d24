using System.Net;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;

namespace Turnpike.Interop;

/// <summary>Debian's turnutils_uclient over UDP with its options, over TCP, and over everything on one port.</summary>
public sealed class UclientTransportTests : UclientTransportTest
{
    [Fact]
    public async Task TCP_relays_every_message_there_and_back()
    {
        var server = await StartServerAsync(new ServerSettings { Tcp = true });

        await AssertRelaysAsync(server, server.EndPoint, "-t");
        await AssertRelaysAsync(server, server.EndPoint, "-t", "-s");
    }

    [Fact]
    public async Task TCP_that_arrives_byte_by_byte_relays_every_message()
    {
        var server = await StartServerAsync(new ServerSettings { Tcp = true });
        await using var tap = new Tap(server.EndPoint, largestChunk: 1);

        await AssertRelaysAsync(server, tap.EndPoint, "-t");
    }

    // coturn does the same on its plain ports.
    [Fact]
    public async Task One_port_serves_UDP_DTLS_TCP_and_TLS()
    {
        var address = Loopback.NextAddress();
        var certificate = CertificateFor(address);
        TurnServer server = Target.IsEdge
            ? await StartOnOnePortAsync(address, certificate)
            : await StartServerAsync(new ServerSettings { Address = address, Tcp = true, Certificate = certificate });

        await AssertRelaysAsync(server, server.EndPoint);
        await AssertRelaysAsync(server, server.EndPoint, "-S");
        await AssertRelaysAsync(server, server.EndPoint, "-t");
        await AssertRelaysAsync(server, server.EndPoint, Tls);
    }

    [Fact]
    public async Task DONT_FRAGMENT_is_accepted_in_requests_and_send_indications()
    {
        var server = await StartServerAsync();

        await AssertRelaysAsync(server, server.EndPoint, "-g");
        await AssertRelaysAsync(server, server.EndPoint, "-g", "-s");
    }

    [Fact]
    public async Task ChannelData_padded_over_UDP_is_relayed_without_its_padding()
    {
        var server = await StartServerAsync();

        // 150 is no multiple of four, so that every message has padding.
        await AssertRelaysAsync(server, server.EndPoint, "-D");
    }

    private async Task<EdgeServer> StartOnOnePortAsync(IPAddress address, TestCertificate certificate)
    {
        int port = Loopback.FreePort(address);
        return await StartEdgeAsync(
            new ServerSettings { Address = address, Port = port },
            ("Edge__Listeners__0", $"udp://{address}:{port}?dtls=true"),
            ("Edge__Listeners__1", $"tcp+tls://{address}:{port}"),
            ("Edge__Tls__Certificate", certificate.CertificateFile),
            ("Edge__Tls__Key", certificate.KeyFile));
    }
}
