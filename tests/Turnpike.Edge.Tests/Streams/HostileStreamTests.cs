using System.Net.Sockets;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Edge.Tests.Streams;

public sealed class HostileStreamTests
{
    // A fixed start: a failure happens again.
    private ulong _state = 0x9E3779B97F4A7C15;

    [Fact]
    public async Task Three_hundred_mutated_streams_beside_a_UDP_call_cost_it_nothing()
    {
        await using StreamHost host = await StreamHost.StartAsync(
            ("Edge:Listeners:1", "udp://127.0.0.1:0"), ("Edge:Listeners:2", "tcp://127.0.0.1:0?proxy=any"), ("Edge:Shards", "1"));
        using var call = new UdpCall(host);
        byte[] session = Session();
        for (int i = 0; i < 300; i++)
        {
            byte[] stream = Mutate(session);
            System.Net.IPEndPoint server = host.Address();
            if (i % 4 == 3)
            {
                server = new(server.Address, int.Parse(host.Relay.ListenerUrls[2].Split(':', '?')[2], System.Globalization.CultureInfo.InvariantCulture));
                stream = [.. Mutate(ProxyHeaderTests.Header(0x21, 0x11, new byte[12])), .. stream];
            }

            using var socket = new Socket(System.Net.Sockets.AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(server, TestContext.Current.CancellationToken);
            try
            {
                int cut = Next(stream.Length);
                await socket.SendAsync(stream.AsMemory(0, cut), TestContext.Current.CancellationToken);
                call.Ping();
                await socket.SendAsync(stream.AsMemory(cut), TestContext.Current.CancellationToken);
            }
            catch (SocketException)
            {
                // Closed for its first part already.
            }

            call.Ping();
            if (Next(2) == 0)
            {
                socket.LingerState = new LingerOption(true, 0);
            }
        }

        call.Ping();
        await Eventually.EqualAsync(300, () => host.Snapshot.Streams.Closed.Sum(count => count.Count));
        Assert.Equal(0, host.Open("tcp"));
        Assert.Equal(1, host.Relay.Allocations);
        await using StreamClient client = await host.ConnectAsync();
        await client.AllocateAsync();
    }

    private static byte[] Session()
    {
        static void Udp(ref StunMessageWriter writer) => RequestedTransport.Write(ref writer, 17);
        return
        [
            .. RunningRelay.Request(StunMethod.Binding),
            .. RunningRelay.Request(StunMethod.Allocate, attributes: Udp),
            .. RunningRelay.Request(StunMethod.Allocate, new byte[48], Udp),
            .. RunningRelay.Request(StunMethod.ConnectionBind, new byte[48]),
            0x40, 0, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0,
            .. RunningRelay.Request(StunMethod.Refresh, new byte[48]),
        ];
    }

    private byte[] Mutate(byte[] original)
    {
        byte[] bytes = [.. original];
        for (int i = Next(6); i >= 0; i--)
        {
            switch (Next(4))
            {
                case 0:
                    bytes[Next(bytes.Length)] ^= (byte)(1 << Next(8));
                    break;
                case 1:
                    bytes[Next(bytes.Length)] = (byte)Next(256);
                    break;
                case 2:
                    bytes = bytes[..(1 + Next(bytes.Length))];
                    break;
                default:
                    int at = Next(bytes.Length);
                    bytes = [.. bytes[..at], .. bytes[Next(bytes.Length)..], .. bytes[at..]];
                    break;
            }
        }

        return bytes;
    }

    private int Next(int limit)
    {
        _state ^= _state << 13;
        _state ^= _state >> 7;
        _state ^= _state << 17;
        return (int)(_state % (ulong)limit);
    }
}
