using System.Globalization;
using System.Net.Sockets;

namespace Turnpike.Edge.Tests.Streams;

public sealed class IdleConnectionsTests
{
    [Fact]
    public async Task Thousands_of_idle_connections_are_bounded_and_a_UDP_call_beside_loses_nothing()
    {
        const int Limit = 3000;
        await using StreamHost host = await StreamHost.StartAsync(
            ("Edge:Listeners:1", "udp://127.0.0.1:0"), ("Edge:Streams:Connections", Limit.ToString(CultureInfo.InvariantCulture)),
            ("Edge:Streams:FirstFrameTimeout", "300"));
        using var call = new UdpCall(host);
        var sockets = new List<Socket>();
        for (int i = 0; i < Limit + 500; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            sockets.Add(socket);
            try
            {
                await socket.ConnectAsync(host.Address(), TestContext.Current.CancellationToken);
            }
            catch (SocketException) when (i >= Limit)
            {
                // Closed so quickly that it was never seen open.
            }

            if (i % 20 == 0)
            {
                call.Ping();
            }
        }

        await Eventually.EqualAsync(500, () => host.Closed("too_many"));
        Assert.Equal(Limit, host.Open("tcp"));
        call.Ping();
        sockets.ForEach(socket => socket.Dispose());
        await Eventually.EqualAsync(0, () => host.Open("tcp"));
        Assert.Equal(1, host.Relay.Allocations);
    }
}
