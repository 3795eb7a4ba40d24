using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Turnpike.Edge.Management;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Protocol;

namespace Turnpike.Edge.Tests.Streams;

public sealed class TcpClientTests
{
    [Fact]
    public async Task A_call_goes_through_and_ChannelData_is_padded_both_ways()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        await using StreamClient client = await host.ConnectAsync();
        using Socket peer = RunningRelay.Client();
        TransportAddress relayed = await client.AllocateAsync();
        Assert.Equal(0, await client.BindAsync((IPEndPoint)peer.LocalEndPoint!));

        await client.SendAsync([0x40, 0, 0, 5, .. "ping!"u8, 9, 9, 9, 0x40, 0, 0, 4, .. "next"u8]);
        byte[] buffer = new byte[100];
        Assert.Equal("ping!"u8.ToArray(), buffer[..peer.Receive(buffer)]);
        Assert.Equal("next"u8.ToArray(), buffer[..peer.Receive(buffer)]);

        peer.SendTo("pong!"u8, relayed.ToIPEndPoint());
        Assert.Equal([0x40, 0, 0, 5, .. "pong!"u8, 0, 0, 0], await client.ReceiveAsync());
        Assert.Equal((1, 0), (host.Open("tcp"), host.Open("tls")));
    }

    [Fact]
    public async Task Requests_may_arrive_byte_by_byte()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        await using StreamClient client = await host.ConnectAsync();
        foreach (byte one in RunningRelay.Request(StunMethod.Binding))
        {
            await client.SendAsync(new[] { one });
        }

        Assert.Equal(0, RunningRelay.Code((await client.ReceiveAsync())!));
    }

    [Fact]
    public async Task Many_requests_in_one_segment_are_all_answered_in_their_order()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        await using StreamClient client = await host.ConnectAsync();
        byte[][] requests = [.. Enumerable.Range(0, 500).Select(_ => RunningRelay.Request(StunMethod.Binding))];
        await client.SendAsync(requests.SelectMany(request => request).ToArray());
        foreach (byte[] request in requests)
        {
            byte[] answer = (await client.ReceiveAsync())!;
            Assert.Equal(request[8..20], answer[8..20]);
        }
    }

    [Fact]
    public async Task Requests_before_the_clients_end_of_stream_are_answered()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        await using StreamClient client = await host.ConnectAsync();
        byte[] request = RunningRelay.Request(StunMethod.Binding);
        await client.SendAsync(Enumerable.Repeat(request, 1000).SelectMany(bytes => bytes).ToArray());
        client.Socket.Shutdown(SocketShutdown.Send);
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal(0, RunningRelay.Code((await client.ReceiveAsync())!));
        }

        Assert.True(await client.IsClosedAsync());
        await Eventually.EqualAsync(1, () => host.Closed("client"));
    }

    [Fact]
    public async Task A_closed_connection_ends_its_allocation_at_once()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        StreamClient client = await host.ConnectAsync();
        await using (client)
        {
            await client.AllocateAsync();
            Assert.Equal(1, host.Relay.Allocations);
        }

        await Eventually.EqualAsync(0, () => host.Relay.Allocations);
        await Eventually.EqualAsync(0, () => host.Snapshot.RelayPortsUsed);
        await Eventually.EqualAsync(0, () => host.Open("tcp"));
        Assert.Equal(1, host.Closed("client"));
    }

    [Fact]
    public async Task A_reset_connection_ends_its_allocation_too()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        StreamClient client = await host.ConnectAsync();
        await client.AllocateAsync();
        client.Socket.LingerState = new LingerOption(true, 0);
        await client.DisposeAsync();
        await Eventually.EqualAsync(0, () => host.Relay.Allocations);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: turn.example.org\r\n\r\n")]
    [InlineData("\u0080")]
    [InlineData("\0\u0001\0\0RFC3489 has no cookie")]
    public async Task Bytes_of_another_protocol_close_the_connection(string text)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        await using StreamClient client = await host.ConnectAsync();
        await client.SendAsync(System.Text.Encoding.Latin1.GetBytes(text));
        Assert.True(await client.IsClosedAsync());
        await Eventually.EqualAsync(1, () => host.Closed("invalid_frame") + host.Closed("frame_too_long"));
    }

    [Fact]
    public async Task What_stands_before_an_invalid_byte_is_answered_and_then_the_connection_closes()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        await using StreamClient client = await host.ConnectAsync();
        await client.SendAsync([.. RunningRelay.Request(StunMethod.Binding), 0xFF]);
        Assert.Equal(0, RunningRelay.Code((await client.ReceiveAsync())!));
        Assert.True(await client.IsClosedAsync());
        await Eventually.EqualAsync(1, () => host.Closed("invalid_frame"));
    }

    [Fact]
    public async Task Connections_are_spread_over_the_shards_and_all_are_served()
    {
        await using StreamHost host = await StreamHost.StartAsync(("Edge:Shards", "3"));
        var clients = new List<StreamClient>();
        for (int i = 0; i < 9; i++)
        {
            clients.Add(await host.ConnectAsync());
            await clients[i].AllocateAsync();
        }

        Assert.Equal(9, host.Relay.Allocations);
        Assert.Equal(3, host.Snapshot.Shards);
        foreach (StreamClient client in clients)
        {
            Assert.Equal(0, await client.RefreshAsync());
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_wildcard_listener_knows_the_address_that_was_asked()
    {
        await using StreamHost host = await StreamHost.StartAsync(("Edge:Listeners:0", "tcp://0.0.0.0:0"));
        await using StreamClient client = await StreamClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, host.Address().Port));
        TransportAddress relayed = await client.AllocateAsync();
        Assert.Equal(IPAddress.Loopback, relayed.ToIPEndPoint().Address);
    }

    [Fact]
    public async Task IPv6_clients_are_served_beside_IPv4_on_the_same_port()
    {
        await using StreamHost first = await StreamHost.StartAsync(
            ("Edge:Listeners:0", "tcp://[::1]:0"), ("Edge:Peers:AllowPrivate:0", "::1/128"));
        int port = int.Parse(first.Relay.ListenerUrls[0].Split(':', '?')[^2], System.Globalization.CultureInfo.InvariantCulture);
        await using StreamClient client = await StreamClient.ConnectAsync(new IPEndPoint(IPAddress.IPv6Loopback, port));
        Assert.Equal((IPEndPoint)client.Socket.LocalEndPoint!, await client.MappedAsync());
        using var other = new Socket(System.Net.Sockets.AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(() => other.ConnectAsync(
            new IPEndPoint(IPAddress.Loopback, port), TestContext.Current.CancellationToken).AsTask());
    }

    [Fact]
    public async Task The_ports_of_streams_are_no_peers_even_where_their_range_is_opened()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        await using StreamClient client = await host.ConnectAsync();
        await client.AllocateAsync();
        Assert.Equal(403, await client.BindAsync(host.Address()));
    }

    [Fact]
    public async Task While_it_drains_old_connections_go_on_and_new_ones_are_heard()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        await using StreamClient old = await host.ConnectAsync();
        await old.AllocateAsync();
        host.Relay.BeginDrain();
        Assert.Equal(0, await old.RefreshAsync());
        await using StreamClient late = await host.ConnectAsync();
        Assert.Equal((IPEndPoint)late.Socket.LocalEndPoint!, await late.MappedAsync());
        Assert.Equal(1, host.Relay.Allocations);
    }

    [Fact]
    public async Task The_end_of_the_process_closes_every_connection_without_waiting_for_it()
    {
        StreamHost host = await StreamHost.StartAsync();
        await using StreamClient client = await host.ConnectAsync();
        await client.AllocateAsync();
        await host.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.True(await client.IsClosedAsync());
    }

    [Fact]
    public async Task A_port_in_use_is_one_line_that_names_the_listener()
    {
        using var taken = new Socket(System.Net.Sockets.AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        using StringWriter error = new();
        WebApplication app = StreamHost.Build(TimeProvider.System, ("Edge:Listeners:0", $"tcp://{taken.LocalEndPoint}"));
        Assert.Equal(1, await app.RunServiceAsync(error));
        Assert.StartsWith(
            $"turnpike-edge: Edge:Listeners:0 = \"tcp://{taken.LocalEndPoint}\": cannot listen there",
            Assert.Single(error.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_limit_of_the_management_port_is_not_that_of_clients()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        var clients = new List<StreamClient>();
        for (int i = 0; i < 100; i++)
        {
            clients.Add(await host.ConnectAsync());
        }

        foreach (StreamClient client in clients)
        {
            Assert.Equal((IPEndPoint)client.Socket.LocalEndPoint!, await client.MappedAsync());
            await client.DisposeAsync();
        }
    }
}
