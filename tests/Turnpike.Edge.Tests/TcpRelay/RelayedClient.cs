using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Edge.Tests.TcpRelay;

/// <summary>A client of TURN-TCP: a control connection with an allocation, or a data connection.</summary>
internal sealed class RelayedClient : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly IPEndPoint _server;
    private readonly bool _tls;
    private byte[] _nonce = [];

    private RelayedClient(IPEndPoint server, bool tls, Socket socket, Stream stream)
    {
        _server = server;
        _tls = tls;
        Socket = socket;
        Stream = stream;
    }

    public Socket Socket { get; }

    public Stream Stream { get; }

    /// <summary>The relayed transport address, of a control connection.</summary>
    public TransportAddress Relayed { get; private set; }

    /// <summary>A control connection whose allocation relays TCP.</summary>
    public static async Task<RelayedClient> AllocateAsync(IPEndPoint server, bool tls = false)
    {
        void Tcp(ref StunMessageWriter writer)
        {
            RequestedTransport.Write(ref writer, 6);
            RequestedAddressFamily.Write(
                ref writer, server.Address.GetAddressBytes().Length == 4 ? Protocol.AddressFamily.IPv4 : Protocol.AddressFamily.IPv6);
        }

        RelayedClient client = await OpenAsync(server, tls);
        byte[] answer = await client.AskAuthenticatedAsync(StunMethod.Allocate, Tcp);
        Assert.Equal(0, RunningRelay.Code(answer));
        StunMessage.TryParse(answer, out StunMessage granted);
        Assert.Equal(AttributeResult.Ok, XorRelayedAddress.Read(granted, out TransportAddress relayed));
        client.Relayed = relayed;
        return client;
    }

    public async Task<byte[]> ConnectAsync(IPEndPoint peer) => await AskAuthenticatedAsync(StunMethod.Connect, Peer(peer));

    public async Task<int> PermitAsync(IPEndPoint peer) =>
        RunningRelay.Code(await AskAuthenticatedAsync(StunMethod.CreatePermission, Peer(peer)));

    public async Task<int> RefreshAsync(uint lifetime) => RunningRelay.Code(await AskAuthenticatedAsync(
        StunMethod.Refresh, (ref StunMessageWriter writer) => Lifetime.Write(ref writer, lifetime)));

    /// <summary>A data connection that is joined with the peer's, and sends <paramref name="behind"/> right behind its request.</summary>
    public async Task<RelayedClient> BindAsync(uint connectionId, byte[]? behind = null)
    {
        (RelayedClient data, int code) = await TryBindAsync(connectionId, behind);
        Assert.Equal(0, code);
        return data;
    }

    public async Task<(RelayedClient Data, int Code)> TryBindAsync(uint connectionId, byte[]? behind = null)
    {
        RelayedClient data = await OpenAsync(_server, _tls);
        byte[] answer = await data.AskAuthenticatedAsync(
            StunMethod.ConnectionBind, (ref StunMessageWriter writer) => ConnectionId.Write(ref writer, connectionId), behind);
        return (data, RunningRelay.Code(answer));
    }

    /// <summary>Connects to a peer, and joins a data connection.</summary>
    public async Task<RelayedClient> ReachAsync(IPEndPoint peer)
    {
        byte[] answer = await ConnectAsync(peer);
        Assert.Equal(0, RunningRelay.Code(answer));
        return await BindAsync(IdOf(answer));
    }

    public static uint IdOf(byte[] message)
    {
        Assert.Equal(StunParseResult.Ok, StunMessage.TryParse(message, out StunMessage parsed));
        Assert.Equal(AttributeResult.Ok, ConnectionId.Read(parsed, out uint id));
        return id;
    }

    public static byte[] NonceOf(byte[] challenge)
    {
        Assert.Equal(401, RunningRelay.Code(challenge));
        StunMessage.TryParse(challenge, out StunMessage refused);
        Nonce.Read(refused, out ReadOnlySpan<byte> nonce);
        return nonce.ToArray();
    }

    public async Task SendAsync(byte[] bytes) => await Stream.WriteAsync(bytes).AsTask().WaitAsync(Limit);

    /// <summary>So many bytes as they come.</summary>
    public async Task<byte[]> ReceiveAsync(int count)
    {
        byte[] bytes = new byte[count];
        await Stream.ReadExactlyAsync(bytes).AsTask().WaitAsync(Limit);
        return bytes;
    }

    public Task IsEndedAsync() => RelayedPeer.IsEndedAsync(Stream);

    /// <summary>One STUN message.</summary>
    public async Task<byte[]> ReceiveMessageAsync()
    {
        byte[] header = await ReceiveAsync(20);
        return [.. header, .. await ReceiveAsync(BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(2)))];
    }

    /// <summary>Says that no more will be sent, and goes on receiving.</summary>
    public async Task FinishAsync()
    {
        if (Stream is SslStream tls)
        {
            await tls.ShutdownAsync();
        }

        Socket.Shutdown(SocketShutdown.Send);
    }

    public async ValueTask DisposeAsync() => await Stream.DisposeAsync();

    private static RunningRelay.Writer Peer(IPEndPoint peer) =>
        (ref StunMessageWriter writer) => XorPeerAddress.Write(ref writer, TransportAddress.From(peer));

    private static async Task<RelayedClient> OpenAsync(IPEndPoint server, bool tls)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server);
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        if (tls)
        {
            var secure = new SslStream(stream);
            await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "turn.example.org",
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
            }).WaitAsync(Limit);
            stream = secure;
        }

        return new RelayedClient(server, tls, socket, stream);
    }

    private async Task<byte[]> AskAuthenticatedAsync(StunMethod method, RunningRelay.Writer attributes, byte[]? behind = null)
    {
        if (_nonce.Length == 0)
        {
            await SendAsync(RunningRelay.Request(method, attributes: attributes));
            _nonce = NonceOf(await ReceiveMessageAsync());
        }

        await SendAsync([.. RunningRelay.Request(method, _nonce, attributes), .. behind ?? []]);
        return await ReceiveMessageAsync();
    }
}
