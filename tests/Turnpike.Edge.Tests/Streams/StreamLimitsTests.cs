using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Edge.Tests.Streams;

public sealed class StreamLimitsTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task Connections_beyond_the_limit_are_closed_and_there_is_room_again_later()
    {
        await using StreamHost host = await StreamHost.StartAsync(("Edge:Streams:Connections", "2"));
        await using StreamClient first = await host.ConnectAsync();
        StreamClient second = await host.ConnectAsync();
        await first.MappedAsync();
        await second.MappedAsync();
        Assert.True(await IsTurnedAwayAsync(host.ConnectAsync));
        await Eventually.EqualAsync(1, () => host.Closed("too_many"));

        await second.DisposeAsync();
        await Eventually.EqualAsync(1, () => host.Open("tcp"));
        await using StreamClient fourth = await host.ConnectAsync();
        await fourth.MappedAsync();
    }

    [Fact]
    public async Task One_source_has_so_many_connections_and_another_its_own()
    {
        await using StreamHost host = await StreamHost.StartAsync(
            ("Edge:Listeners:0", "tcp://127.0.0.1:0?proxy=v1"), ("Edge:Streams:ConnectionsPerSource", "2"));
        StreamClient first = await FromAsync("192.0.2.1");
        await using StreamClient second = await FromAsync("192.0.2.1");
        await first.MappedAsync();
        await second.MappedAsync();
        Assert.True(await IsTurnedAwayAsync(() => FromAsync("192.0.2.1")));
        await Eventually.EqualAsync(1, () => host.Closed("too_many_from_source"));

        await using StreamClient other = await FromAsync("192.0.2.2");
        await other.MappedAsync();
        await first.DisposeAsync();
        await Eventually.EqualAsync(2, () => host.Open("tcp"));
        await using StreamClient fourth = await FromAsync("192.0.2.1");
        await fourth.MappedAsync();

        Task<StreamClient> FromAsync(string source) => StreamClient.ConnectAsync(
            host.Address(), System.Text.Encoding.ASCII.GetBytes($"PROXY TCP4 {source} 192.0.2.9 {Ports.Next()} 3478\r\n"));
    }

    // A server that is quick resets the connection while the client still opens it.
    private static async Task<bool> IsTurnedAwayAsync(Func<Task<StreamClient>> connect)
    {
        try
        {
            await using StreamClient client = await connect();
            return await client.IsClosedAsync();
        }
        catch (SocketException reset) when (reset.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            return true;
        }
    }

    [Theory]
    [InlineData("tls", "")]
    [InlineData("tls", "\u0016\u0003\u0001")]
    [InlineData("tcp+tls", "")]
    [InlineData("tcp://?proxy", "")]
    [InlineData("tcp://?proxy", "PROXY TCP4 ")]
    public async Task A_handshake_that_does_not_end_is_ended(string listener, string start)
    {
        string text = listener.EndsWith("proxy", StringComparison.Ordinal) ? "tcp://127.0.0.1:0?proxy=any" : $"{listener}://127.0.0.1:0";
        await using StreamHost host = await StreamHost.StartAsync(
            _time, [("Edge:Listeners:0", text), ("Edge:Streams:HandshakeTimeout", "7"), .. _certificates.Settings]);
        IPEndPoint address = host.Address(listener == "tls" ? "turns" : "turn");
        await using StreamClient client = await StreamClient.ConnectAsync(address, System.Text.Encoding.Latin1.GetBytes(start));
        await ClosesAfterAsync(host, client, "handshake_timeout", 7);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0\u0001\0\0!")]
    public async Task A_connection_without_a_first_message_is_closed(string start)
    {
        await using StreamHost host = await StreamHost.StartAsync(_time, ("Edge:Streams:FirstFrameTimeout", "9"));
        await using StreamClient client = await StreamClient.ConnectAsync(host.Address(), System.Text.Encoding.Latin1.GetBytes(start));
        await ClosesAfterAsync(host, client, "first_frame_timeout", 9);
    }

    [Fact]
    public async Task A_TLS_connection_without_a_first_message_is_closed_too()
    {
        await using StreamHost host = await StreamHost.StartAsync(_time, [("Edge:Listeners:0", "tls://127.0.0.1:0"), .. _certificates.Settings]);
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(host.Address("turns"), TestContext.Current.CancellationToken);
        await using var tls = new System.Net.Security.SslStream(socket.GetStream());
        await tls.AuthenticateAsClientAsync(StreamClient.TlsOptions(), TestContext.Current.CancellationToken);
        await Eventually.EqualAsync(1, () => host.Open("tls"));
        _time.Advance(TimeSpan.FromSeconds(12));
        await Eventually.EqualAsync(1, () => host.Closed("first_frame_timeout"));
    }

    [Fact]
    public async Task A_quiet_connection_without_an_allocation_is_closed()
    {
        await using StreamHost host = await StreamHost.StartAsync(_time, ("Edge:Streams:IdleWithoutAllocation", "20"));
        await using StreamClient client = await host.ConnectAsync();
        await client.MappedAsync();
        await ClosesAfterAsync(host, client, "idle", 20);
    }

    [Fact]
    public async Task A_quiet_connection_with_an_allocation_stays_until_that_has_ended()
    {
        await using StreamHost host = await StreamHost.StartAsync(
            _time, ("Edge:Lifetimes:Allocation", "60"), ("Edge:Streams:IdleWithoutAllocation", "20"));
        await using StreamClient client = await host.ConnectAsync();
        await client.AllocateAsync();
        for (int second = 0; second < 55; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(0, await client.RefreshAsync());
        for (int second = 0; second < 55; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await Eventually.EqualAsync(1, () => host.Relay.Allocations);
        Assert.Equal(1, host.Open("tcp"));
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return host.Closed("idle") == 1;
        });
        Assert.Equal(0, host.Relay.Allocations);
        Assert.True(await client.IsClosedAsync());
    }

    [Fact]
    public async Task A_message_that_never_ends_is_ended_even_with_an_allocation()
    {
        await using StreamHost host = await StreamHost.StartAsync(_time, ("Edge:Streams:FrameTimeout", "15"));
        await using StreamClient client = await host.ConnectAsync();
        await client.AllocateAsync();
        await client.SendAsync([0x40, 0, 0, 200, 1]);
        await Eventually.TrueAsync(() => client.Socket.Available == 0);
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return host.Closed("frame_timeout") == 1;
        });
        Assert.True(await client.IsClosedAsync());
        await Eventually.EqualAsync(0, () => host.Relay.Allocations);
    }

    [Fact]
    public async Task A_long_message_is_for_those_who_have_an_allocation()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        await using StreamClient without = await host.ConnectAsync();
        await without.SendAsync([0x40, 0, 0x40, 0]);
        Assert.True(await without.IsClosedAsync());
        await Eventually.EqualAsync(1, () => host.Closed("frame_too_long"));

        await using StreamClient with = await host.ConnectAsync();
        using System.Net.Sockets.Socket peer = RunningRelay.Client();
        await with.AllocateAsync();
        Assert.Equal(0, await with.BindAsync((IPEndPoint)peer.LocalEndPoint!));
        await with.SendAsync([0x40, 0, 0xEA, 0x60, .. new byte[60_000]]);
        Assert.Equal(60_000, peer.Receive(new byte[70_000]));
    }

    [Fact]
    public async Task A_guesser_hears_so_many_errors_and_is_closed()
    {
        await using StreamHost host = await StreamHost.StartAsync(("Edge:Streams:UnauthenticatedErrors", "5"));
        await using StreamClient client = await host.ConnectAsync();
        static void Udp(ref StunMessageWriter writer) => RequestedTransport.Write(ref writer, 17);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(401, RunningRelay.Code(await client.AskAsync(RunningRelay.Request(StunMethod.Allocate, attributes: Udp))));
        }

        Assert.True(await client.IsClosedAsync());
        await Eventually.EqualAsync(1, () => host.Closed("unauthenticated_errors"));
    }

    [Fact]
    public async Task Errors_before_a_success_are_forgiven()
    {
        await using StreamHost host = await StreamHost.StartAsync(("Edge:Streams:UnauthenticatedErrors", "5"));
        await using StreamClient client = await host.ConnectAsync();
        await client.AllocateAsync();
        for (int i = 0; i < 3; i++)
        {
            await client.AskAsync(RunningRelay.Request(StunMethod.Refresh));
            await client.AskAsync(RunningRelay.Request(StunMethod.Refresh));
            await client.AskAsync(RunningRelay.Request(StunMethod.Refresh));
            Assert.Equal(0, await client.RefreshAsync());
        }
    }

    private async Task ClosesAfterAsync(StreamHost host, StreamClient client, string reason, int seconds)
    {
        await Eventually.EqualAsync(1, () => host.Open("tcp"));
        _time.Advance(TimeSpan.FromSeconds(seconds - 1));
        Assert.Equal(0, host.Closed(reason));
        Assert.Equal(1, host.Open("tcp"));
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.True(await client.IsClosedAsync());
        await Eventually.EqualAsync(1, () => host.Closed(reason));
    }

    // Connections of one source differ by their ports.
    private static class Ports
    {
        private static int _last = 10_000;

        public static int Next() => Interlocked.Increment(ref _last);
    }
}
