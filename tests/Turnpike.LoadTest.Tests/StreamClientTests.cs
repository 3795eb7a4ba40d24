using System.Net;
using System.Net.Sockets;
using Turnpike.LoadTest.CommandLine;
using Turnpike.LoadTest.Measuring;
using Turnpike.LoadTest.Relay;
using Turnpike.LoadTest.Scenarios;
using Turnpike.LoadTest.Turn;

namespace Turnpike.LoadTest.Tests;

/// <summary>Servers over TCP that are none.</summary>
public sealed class StreamClientTests
{
    [Theory]
    [InlineData(new byte[0], "closed the connection")]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff }, "failed: the server sent what is neither STUN nor ChannelData")]
    public async Task A_connection_that_is_of_no_use_ends_the_run_with_its_reason(byte[] answer, string reason)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = AnswerOnceAsync(listener, answer);
        var server = (IPEndPoint)listener.LocalEndpoint;

        TurnRefusedException refused = await Assert.ThrowsAsync<TurnRefusedException>(() => RunAsync(server));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        await serving;
    }

    [Fact]
    public async Task Nobody_at_the_port_is_said_at_once()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var server = (IPEndPoint)listener.LocalEndpoint;
        listener.Stop();
        Assert.Contains(
            "Connection refused", (await Assert.ThrowsAsync<TurnRefusedException>(() => RunAsync(server))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_without_TLS_is_told_by_the_handshake_that_does_not_end()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new StreamClient(new TurnTarget("", (IPEndPoint)listener.LocalEndpoint, ClientTransport.Tls, "turn.test"), new StreamInbox(() => { }));
        Assert.Equal("the connection is not made", client.Unfinished);
        client.Flush();
        using TcpClient accepted = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        byte[] hello = new byte[1];
        await accepted.GetStream().ReadExactlyAsync(hello, TestContext.Current.CancellationToken);
        Assert.Equal("the TLS handshake is not over: is TLS served at this port?", client.Unfinished);
    }

    [Fact]
    public async Task What_a_server_does_not_take_is_dropped_as_lost_on_its_way_and_requests_are_not()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Server.ReceiveBufferSize = 4096;
        listener.Start();
        using var client = new StreamClient(new TurnTarget("", (IPEndPoint)listener.LocalEndpoint, ClientTransport.Tcp), new StreamInbox(() => { }));
        byte[] message = new byte[16 * 1024];
        while (client.TryWrite(message))
        {
        }

        Assert.False(client.IsBlocked); // nothing was written yet: the generator is too slow
        Assert.True(client.TryWrite(message.AsSpan(0, 100), isBounded: false));
        client.Flush();
        using TcpClient accepted = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        var clock = new MonotonicClock(TimeProvider.System);
        while (client.TryWrite(message) || !client.IsBlocked)
        {
            client.Flush();
            Assert.True(clock.Now < 30_000_000_000, "the connection never filled");
            await Task.Yield();
        }

        Assert.True(client.IsBlocked);
    }

    [Fact]
    public void An_inbox_that_nobody_reads_is_bounded_and_says_what_it_lost()
    {
        int told = 0;
        var inbox = new StreamInbox(() => told++);
        var flow = new Flow(0, new TurnAllocation(ScriptedServer.Credential, ScriptedServer.Relayed, 0x4000));
        byte[] messages = new byte[1024 * 1024];
        for (int i = 0; i < 64; i++)
        {
            inbox.Add(flow, messages, 1);
        }

        Assert.Equal((64, 0), (told, inbox.Dropped));
        inbox.Add(flow, messages, 7);
        Assert.Equal((64, 7), (told, inbox.Dropped));
    }

    private static async Task<ScenarioResult> RunAsync(IPEndPoint server)
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        ParsedOptions given = ParsedOptions.Parse(
            ScenarioArguments.Known, ["--scenario", "voice", "--calls", "1", "--transport", "tcp", "--secret", "s", "--server", server.ToString()]);
        ScenarioOptions options = await ScenarioArguments.ReadAsync(given, token: null, TimeProvider.System, stop);
        using var run = new ScenarioRun(options, TimeProvider.System);
        return await Task.Run(() => run.Execute(observer: null, stop), stop);
    }

    private static async Task AnswerOnceAsync(TcpListener listener, byte[] answer)
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        using TcpClient client = await listener.AcceptTcpClientAsync(stop);
        byte[] request = new byte[2048];
        Assert.True(await client.GetStream().ReadAsync(request, stop) > 0);
        await client.GetStream().WriteAsync(answer, stop);
    }
}
