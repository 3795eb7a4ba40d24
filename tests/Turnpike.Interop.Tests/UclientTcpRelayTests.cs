using Turnpike.Interop.Clients;
using Turnpike.Interop.Servers;

namespace Turnpike.Interop;

/// <summary>Debian's turnutils_uclient with TCP allocations (RFC 6062).</summary>
public sealed class UclientTcpRelayTests : UclientTransportTest
{
    [Fact]
    public async Task TCP_is_relayed_between_two_clients()
    {
        var server = await StartServerAsync(new ServerSettings { Tcp = true, TcpRelay = true });

        var run = await Uclient.RunAsync(server.EndPoint, ["-t", "-T", .. Shape]);

        run.AssertNothingLost(Clients * Messages);
        Assert.Contains("TCP data network connected", run.Output, StringComparison.Ordinal);
        if (server is EdgeServer edge)
        {
            var metrics = await edge.MetricsAsync();
            Assert.True(metrics.Requests("connection_bind", "success") >= Clients, "fewer connections were bound than clients made");
            Assert.True(metrics.ClientToPeerBytes >= Clients * Messages * MessageBytes, $"{metrics.ClientToPeerBytes} bytes to peers");
            Assert.True(metrics.PeerToClientBytes >= Clients * Messages * MessageBytes, $"{metrics.PeerToClientBytes} bytes to clients");
        }
    }

    [Fact]
    public async Task TCP_is_relayed_to_a_client_that_waits_for_its_peer()
    {
        var server = await StartServerAsync(new ServerSettings { Tcp = true, TcpRelay = true });

        // Only one side of a pair sends with -P, which uclient counts as half lost; ControlTests has the same of coturn.
        var run = await Uclient.RunAsync(server.EndPoint, ["-t", "-P", .. Shape]);

        run.AssertHalfLost(Clients * Messages);
    }
}
