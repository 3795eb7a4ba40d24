using System.Net;
using System.Net.Sockets;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Edge.Tests.Transport;

namespace Turnpike.Edge.Tests.Dtls;

/// <summary>Counts the memory of the whole process, so it runs when nothing else does.</summary>
[CollectionDefinition(nameof(SpoofedFloodTests), DisableParallelization = true)]
[Collection(nameof(SpoofedFloodTests))]
public sealed class SpoofedFloodTests
{
    [Fact]
    public async Task Hellos_from_made_up_sources_leave_no_state_and_no_memory() // GHSA-5x2p-4vqj-f6m4
    {
        using TestCertificates files = DtlsRelay.Certificates();
        await using RunningRelay running = await DtlsRelay.StartAsync(files);
        var server = new IPEndPoint(IPAddress.Loopback, running.Port);
        Flood(1000, server); // what is made once is made now
        await Eventually.TrueAsync(() => running.Relay.Read().Dtls.HelloVerifyRequests == 1000);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Flood(10_000, server);
        await Eventually.TrueAsync(() => running.Relay.Read().Dtls.HelloVerifyRequests == 11_000);
        long grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.InRange(grown, long.MinValue, 256 * 1024); // 26 bytes a source; the least state has more
        Assert.Equal(0, running.Sessions());
        Assert.All(running.Relay.Read().Dtls.Handshakes, handshakes => Assert.Equal(0, handshakes.Count));

        static void Flood(int count, IPEndPoint server)
        {
            for (int i = 0; i < count; i++)
            {
                using var socket = new Socket(System.Net.Sockets.AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                socket.Bind(new IPEndPoint(new IPAddress([127, 1, (byte)(i >> 8), (byte)i]), 0));
                socket.SendTo(new Hello().ToDatagram(), server);
                if (i % 64 == 63)
                {
                    socket.Poll(TimeSpan.FromSeconds(1), SelectMode.SelectRead); // no faster than it is answered
                }
            }
        }
    }
}
