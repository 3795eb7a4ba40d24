using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Protocol;

namespace Turnpike.Edge.Tests.Streams;

public sealed class SlowReaderTests
{
    [Theory]
    [InlineData("tcp")]
    [InlineData("tls")]
    public async Task The_oldest_datagrams_are_dropped_and_a_UDP_call_beside_loses_nothing(string scheme)
    {
        using var certificates = new TestCertificates();
        await using StreamHost host = await StreamHost.StartAsync(
            [("Edge:Listeners:0", $"{scheme}://127.0.0.1:0"), ("Edge:Listeners:1", "udp://127.0.0.1:0"), ("Edge:Shards", "1"),
                ("Edge:Streams:SendBacklog", "65536"), .. certificates.Settings]);
        await using StreamClient slow = scheme == "tcp"
            ? await StreamClient.ConnectAsync(host.Address(), receiveBuffer: 4096)
            : await StreamClient.ConnectTlsAsync(host.Address("turns"));
        using Socket peer = RunningRelay.Client();
        TransportAddress relayed = await slow.AllocateAsync();
        Assert.Equal(0, await slow.BindAsync((IPEndPoint)peer.LocalEndPoint!));
        using var call = new UdpCall(host);

        // Far more than the sockets and the backlog hold, and all of it while nobody reads.
        const int Count = 20_000;
        byte[] payload = new byte[1000];
        for (int i = 0; i < Count; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(payload, i);
            peer.SendTo(payload, relayed.ToIPEndPoint());
            if (i % 50 == 0)
            {
                call.Ping();
            }
        }

        await Eventually.TrueAsync(() => host.Dropped("stream_backlog") > 0);
        call.Ping();
        await slow.SendAsync(RunningRelay.Request(StunMethod.Binding));
        int last = -1;
        int received = 0;
        bool answered = false;
        while (!answered || last < Count - 1)
        {
            byte[] message = (await slow.ReceiveAsync())!;
            if (message[0] < 0x40)
            {
                answered = true;
                continue;
            }

            int number = BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(4));
            Assert.True(number > last);
            last = number;
            received++;
        }

        long relayedPackets = host.Snapshot.PeerToClient.Packets - call.Pings;
        Assert.Equal(relayedPackets, received + host.Dropped("stream_backlog"));
        Assert.True(received < relayedPackets / 2, $"{received} of {relayedPackets} were kept");
    }

    [Fact]
    public async Task A_client_that_reads_nothing_can_still_be_closed()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        StreamClient slow = await StreamClient.ConnectAsync(host.Address(), receiveBuffer: 4096);
        using Socket peer = RunningRelay.Client();
        TransportAddress relayed = await slow.AllocateAsync();
        Assert.Equal(0, await slow.BindAsync((IPEndPoint)peer.LocalEndPoint!));
        byte[] payload = new byte[1000];
        await Eventually.TrueAsync(() =>
        {
            peer.SendTo(payload, relayed.ToIPEndPoint());
            return host.Dropped("stream_backlog") > 0;
        });
        await slow.DisposeAsync();
        await Eventually.EqualAsync(0, () => host.Relay.Allocations);
        await Eventually.EqualAsync(0, () => host.Open("tcp"));
    }
}
