using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Turnpike.Interop.Clients;
using Turnpike.Interop.Processes;
using Turnpike.Interop.Servers;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Interop;

/// <summary>TCP allocations (RFC 6062) with our own client: the bytes themselves, and the errors.</summary>
public sealed class TcpRelayTests : InteropTest
{
    private const int FileBytes = 8 * 1024 * 1024;
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_file_goes_through_a_relayed_connection_and_comes_back_intact()
    {
        var server = await StartAsync();
        using var listener = Listen();
        using var control = await TurnClient.ConnectAsync(server.EndPoint);
        var allocated = await AllocateAsync(control);

        var connected = await ConnectAsync(control, (IPEndPoint)listener.LocalEndpoint);
        Assert.True(connected.Succeeded, $"error {connected.Code}");
        using var peer = await listener.AcceptSocketAsync(Cancellation);
        Assert.Equal(allocated.Relayed.ToIPEndPoint(), peer.RemoteEndPoint);
        using var data = await BindAsync(server, control, connected.ConnectionId);
        var (stream, early) = data.Detach();
        Assert.Empty(early);

        byte[] file = RandomNumberGenerator.GetBytes(FileBytes);
        await using var atPeer = new NetworkStream(peer);
        Task echo = atPeer.CopyToAsync(atPeer, Cancellation);
        Task sending = stream.WriteAsync(file, Cancellation).AsTask();
        byte[] back = new byte[FileBytes];
        await stream.ReadExactlyAsync(back, Cancellation).AsTask().WaitAsync(Prompt, Cancellation);
        await sending;
        Assert.False(echo.IsCompleted, "the relayed connection ended");
        Assert.True(file.AsSpan().SequenceEqual(back), "the file came back changed");
    }

    // coturn resets both connections instead.
    [Fact(SkipUnless = nameof(Target.IsEdge), SkipType = typeof(Target), Skip = Target.EdgeOnly)]
    public async Task The_end_of_one_direction_leaves_the_other_open()
    {
        var server = await StartAsync();
        using var listener = Listen();
        using var control = await TurnClient.ConnectAsync(server.EndPoint);
        await AllocateAsync(control);
        var connected = await ConnectAsync(control, (IPEndPoint)listener.LocalEndpoint);
        using var peer = await listener.AcceptSocketAsync(Cancellation);
        using var data = await BindAsync(server, control, connected.ConnectionId);
        var (stream, _) = data.Detach();

        await stream.WriteAsync("all there is"u8.ToArray(), Cancellation);
        stream.Socket.Shutdown(SocketShutdown.Send);
        using var received = new MemoryStream();
        await using var fromClient = new NetworkStream(peer);
        await fromClient.CopyToAsync(received, Cancellation).WaitAsync(Prompt, Cancellation);
        Assert.Equal("all there is"u8, received.ToArray());

        await peer.SendAsync("and an answer"u8.ToArray());
        peer.Shutdown(SocketShutdown.Send);
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer, Cancellation).WaitAsync(Prompt, Cancellation);
        Assert.Equal("and an answer"u8, answer.ToArray());
    }

    [Fact]
    public async Task A_peer_that_connects_is_announced_and_what_it_sent_before_the_bind_arrives()
    {
        var server = await StartAsync();
        using var control = await TurnClient.ConnectAsync(server.EndPoint);
        var allocated = await AllocateAsync(control);
        using var peer = new Socket(System.Net.Sockets.AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        peer.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Assert.True((await control.CreatePermissionAsync(TransportAddress.From((IPEndPoint)peer.LocalEndPoint!))).Succeeded);

        await peer.ConnectAsync(allocated.Relayed.ToIPEndPoint(), Cancellation);
        await peer.SendAsync("early"u8.ToArray());
        uint connection = ReadAttempt(await control.ReceiveDataAsync(Prompt), (IPEndPoint)peer.LocalEndPoint!);
        using var data = await BindAsync(server, control, connection);

        var (toPeer, early) = data.Detach();
        byte[] received = new byte["early".Length];
        early.CopyTo(received, 0);
        await toPeer.ReadExactlyAsync(received.AsMemory(early.Length), Cancellation).AsTask().WaitAsync(Prompt, Cancellation);
        Assert.Equal("early"u8, received);
        await toPeer.WriteAsync("late"u8.ToArray(), Cancellation);
        byte[] answer = new byte["late".Length];
        Assert.Equal(answer.Length, await peer.ReceiveAsync(answer, Cancellation).AsTask().WaitAsync(Prompt, Cancellation));
        Assert.Equal("late"u8, answer);
    }

    [Fact]
    public async Task A_second_connection_to_a_peer_is_an_error_446_and_a_peer_that_refuses_an_error_447()
    {
        var server = await StartAsync();
        using var listener = Listen();
        using var control = await TurnClient.ConnectAsync(server.EndPoint);
        await AllocateAsync(control);

        Assert.True((await ConnectAsync(control, (IPEndPoint)listener.LocalEndpoint)).Succeeded);
        Assert.Equal(StunErrorCode.ConnectionAlreadyExists, (await ConnectAsync(control, (IPEndPoint)listener.LocalEndpoint)).Code);
        var nobody = new IPEndPoint(IPAddress.Loopback, Loopback.FreeTcpPort(IPAddress.Loopback));
        Assert.Equal(StunErrorCode.ConnectionTimeoutOrFailure, (await ConnectAsync(control, nobody)).Code);
    }

    [Fact]
    public async Task A_forbidden_peer_is_an_error_403()
    {
        var server = await StartAsync();
        using var control = await TurnClient.ConnectAsync(server.EndPoint);
        await AllocateAsync(control);

        var forbidden = new IPEndPoint(IPAddress.Parse("169.254.169.254"), 80);
        Assert.Equal(StunErrorCode.Forbidden, (await ConnectAsync(control, forbidden)).Code);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static async Task<TurnResponse> AllocateAsync(TurnClient control)
    {
        var allocated = await control.AllocateAsync((ref StunMessageWriter w) => RequestedTransport.Write(ref w, TurnClient.Tcp));
        Assert.True(allocated.Succeeded, $"error {allocated.Code}");
        return allocated;
    }

    private static Task<TurnResponse> ConnectAsync(TurnClient control, IPEndPoint peer) =>
        control.RequestAsync(StunMethod.Connect, (ref StunMessageWriter w) => XorPeerAddress.Write(ref w, TransportAddress.From(peer)));

    private static async Task<TurnClient> BindAsync(TurnServer server, TurnClient control, uint connection)
    {
        // coturn resets a connection that begins with a ConnectionBind without credentials.
        var data = await TurnClient.ConnectAsync(server.EndPoint);
        data.TakeChallengeOf(control);
        var bound = await data.RequestWithChallengeAsync(
            StunMethod.ConnectionBind, (ref StunMessageWriter w) => ConnectionId.Write(ref w, connection));
        Assert.True(bound.Succeeded, $"error {bound.Code}");
        return data;
    }

    private static uint ReadAttempt(byte[]? indication, IPEndPoint peer)
    {
        Assert.NotNull(indication);
        Assert.Equal(StunParseResult.Ok, StunMessage.TryParse(indication, out var message));
        Assert.Equal((StunClass.Indication, StunMethod.ConnectionAttempt), (message.Class, message.Method));
        Assert.Equal(AttributeResult.Ok, XorPeerAddress.Read(in message, out var from));
        Assert.Equal(peer, from.ToIPEndPoint());
        Assert.Equal(AttributeResult.Ok, ConnectionId.Read(in message, out uint connection));
        return connection;
    }

    private Task<TurnServer> StartAsync() => StartServerAsync(new ServerSettings { Tcp = true, TcpRelay = true });
}
