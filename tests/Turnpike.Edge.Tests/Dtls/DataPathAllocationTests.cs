using System.Net;
using System.Net.Sockets;
using Turnpike.Edge.Tests.Streams;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Protocol;
using Turnpike.Server;
using Turnpike.Testing;

namespace Turnpike.Edge.Tests.Dtls;

/// <summary>The test's thread is the shards', so that what they allocate can be counted.</summary>
public sealed class DataPathAllocationTests
{
    [Fact]
    public async Task Relaying_over_DTLS_allocates_nothing_with_mobility_too()
    {
        using TestCertificates files = DtlsRelay.Certificates();
        using var hand = new HandShards(files, 1);
        ServerCounters counters = hand[0].Server.Counters;
        using Socket peer = RunningRelay.Client();
        using DtlsTestClient first = hand.ClientAt(0);
        using DtlsTestClient moved = hand.ClientAt(0);
        Task<TransportAddress> prepared = Task.Run(
            () =>
            {
                (byte[] ticket, TransportAddress relayed) = first.Connect().AllocateMobile(peer);
                DtlsTestClient.TicketOf(moved.Connect().Move(ticket));
                return relayed;
            },
            TestContext.Current.CancellationToken);
        while (!prepared.IsCompleted)
        {
            hand.Turn();
        }

        EndPoint relayed = (await prepared).ToIPEndPoint();
        Relay(500); // what is made once is made now
        int runs = 0;
        long allocated = AllocatedBytes.Of(() =>
        {
            runs++;
            return Relay(5000);
        });
        Assert.Equal(0, allocated);
        Assert.Equal(500 + (runs * 5000), counters.PacketsToPeers);
        Assert.Equal(500 + (runs * 5000), counters.PacketsToClients);

        // One datagram each way at a time; only the shards' own turns are counted.
        long Relay(int count)
        {
            byte[] message = [0x40, 0, 0, 4, .. "ping"u8];
            byte[] buffer = new byte[100];
            long sum = 0;
            for (int i = 0; i < count; i++)
            {
                moved.Send(message);
                sum += Counted(hand, counters.PacketsToPeers + 1, static shards => shards[0].Server.Counters.PacketsToPeers);
                peer.Receive(buffer);
                peer.SendTo(buffer.AsSpan(0, 4), relayed);
                sum += Counted(hand, counters.PacketsToClients + 1, static shards => shards[0].Server.Counters.PacketsToClients);
                moved.Socket.Receive(buffer);
            }

            return sum;
        }
    }

    private static long Counted(HandShards shards, long until, Func<HandShards, long> packets)
    {
        AllocationWindow window = AllocationWindow.Open();
        while (packets(shards) < until)
        {
            shards.Turn();
        }

        return window.IsDisturbed ? 0 : window.Bytes;
    }
}
