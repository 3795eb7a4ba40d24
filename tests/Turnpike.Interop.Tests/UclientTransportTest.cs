using System.Net;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Servers;

namespace Turnpike.Interop;

/// <summary>Runs Debian's turnutils_uclient: what it counts must be what the server's metrics say.</summary>
public abstract class UclientTransportTest : InteropTest
{
    private protected const int Messages = 30;
    private protected const int Clients = 2;
    private protected const int MessageBytes = 150;
    private protected static readonly string[] Shape = ["-n", $"{Messages}", "-m", $"{Clients}", "-l", $"{MessageBytes}", "-c"];

    // uclient reads one record of TLS for each wake-up and leaves the rest: at one message in 100 ms it keeps up.
    private protected static readonly string[] Tls = ["-t", "-S", "-z", "100"];

    private protected async Task<UclientResult> AssertRelaysAsync(TurnServer server, IPEndPoint endPoint, params string[] transport)
    {
        const int All = Clients * Messages;
        var peer = await StartEchoPeerAsync(IPAddress.Loopback);
        var edge = server as EdgeServer;
        var before = edge is null ? null : await edge.MetricsAsync();

        var run = await Uclient.RunAsync(endPoint, [.. transport, .. Uclient.To(peer.EndPoint), .. Shape]);

        run.AssertNothingLost(All);
        if (edge is not null && before is not null)
        {
            var after = await edge.MetricsAsync();
            Assert.Equal(All, after.ClientToPeerPackets - before.ClientToPeerPackets);
            Assert.Equal(All, after.PeerToClientPackets - before.PeerToClientPackets);
            Assert.Equal(All * MessageBytes, after.ClientToPeerBytes - before.ClientToPeerBytes);
            Assert.Equal(All * MessageBytes, after.PeerToClientBytes - before.PeerToClientBytes);
        }

        return run;
    }
}
