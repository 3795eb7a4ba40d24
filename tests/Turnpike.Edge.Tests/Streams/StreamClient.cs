using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.Edge.Tests.Streams;

/// <summary>A TURN client over TCP or TLS, just enough of one.</summary>
internal sealed class StreamClient : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Stream _stream;

    private StreamClient(Socket socket, Stream stream)
    {
        Socket = socket;
        _stream = stream;
    }

    public Socket Socket { get; }

    public SslStream Tls => (SslStream)_stream;

    /// <summary>The nonce of the last challenge.</summary>
    public byte[] Nonce { get; private set; } = [];

    public static async Task<StreamClient> ConnectAsync(IPEndPoint server, byte[]? preface = null, int receiveBuffer = 0)
    {
        Socket socket = await OpenAsync(server, preface, receiveBuffer);
        return new StreamClient(socket, new NetworkStream(socket, ownsSocket: true));
    }

    public static async Task<StreamClient> ConnectTlsAsync(
        IPEndPoint server,
        SslProtocols protocols = SslProtocols.None,
        string[]? alpn = null,
        byte[]? preface = null)
    {
        Socket socket = await OpenAsync(server, preface, receiveBuffer: 0);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await tls.AuthenticateAsClientAsync(TlsOptions(protocols, alpn)).WaitAsync(Limit);

            // Under TLS 1.3 a refusal arrives only after the client's handshake is over; a ping finds out.
            var client = new StreamClient(socket, tls);
            Assert.Equal(0, RunningRelay.Code(await client.AskAsync(RunningRelay.Request(StunMethod.Binding))));
            return client;
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client that trusts the root of <see cref="TestCertificates"/> and knows no intermediate.</summary>
    public static SslClientAuthenticationOptions TlsOptions(SslProtocols protocols = SslProtocols.None, string[]? alpn = null) => new()
    {
        TargetHost = "turn.example.org",
        EnabledSslProtocols = protocols,
        ApplicationProtocols = alpn is null ? null : [.. alpn.Select(name => new SslApplicationProtocol(name))],
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { TestCertificates.Root },
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        },
    };

    public async Task SendAsync(byte[] bytes) => await _stream.WriteAsync(bytes).AsTask().WaitAsync(Limit);

    /// <summary>One message of the stream, with its padding; null at the end of the stream.</summary>
    public async Task<byte[]?> ReceiveAsync()
    {
        byte[] head = new byte[4];
        int read = await _stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false).AsTask().WaitAsync(Limit);
        if (read == 0)
        {
            return null;
        }

        Assert.Equal(4, read);
        int length = BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(2)) + (head[0] < 0x40 ? 20 : 4);
        byte[] message = new byte[(length + 3) & ~3];
        head.CopyTo(message, 0);
        await _stream.ReadExactlyAsync(message.AsMemory(4)).AsTask().WaitAsync(Limit);
        return message;
    }

    /// <summary>Whether the server closes the connection without another message. A reset is an end as well.</summary>
    public async Task<bool> IsClosedAsync()
    {
        try
        {
            return await ReceiveAsync() is null;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public async Task<byte[]> AskAsync(byte[] request)
    {
        await SendAsync(request);
        return await ReceiveAsync() ?? throw new IOException("The server has closed the connection.");
    }

    public async Task<TransportAddress> AllocateAsync()
    {
        static void Udp(ref StunMessageWriter writer) => RequestedTransport.Write(ref writer, 17);
        byte[] challenge = await AskAsync(RunningRelay.Request(StunMethod.Allocate, attributes: Udp));
        Assert.Equal(401, RunningRelay.Code(challenge));
        StunMessage.TryParse(challenge, out StunMessage refused);
        Turnpike.Protocol.Attributes.Nonce.Read(refused, out ReadOnlySpan<byte> nonce);
        Nonce = nonce.ToArray();
        byte[] answer = await AskAsync(RunningRelay.Request(StunMethod.Allocate, Nonce, Udp));
        Assert.Equal(0, RunningRelay.Code(answer));
        StunMessage.TryParse(answer, out StunMessage granted);
        Assert.Equal(AttributeResult.Ok, XorRelayedAddress.Read(granted, out TransportAddress relayed));
        return relayed;
    }

    /// <summary>Binds channel 0x4000.</summary>
    public async Task<int> BindAsync(IPEndPoint peer)
    {
        void Write(ref StunMessageWriter writer)
        {
            ChannelNumber.Write(ref writer, 0x4000);
            XorPeerAddress.Write(ref writer, TransportAddress.From(peer));
        }

        return RunningRelay.Code(await AskAsync(RunningRelay.Request(StunMethod.ChannelBind, Nonce, Write)));
    }

    public async Task<int> RefreshAsync() =>
        RunningRelay.Code(await AskAsync(RunningRelay.Request(StunMethod.Refresh, Nonce)));

    /// <summary>What the server sees as this client's address.</summary>
    public async Task<IPEndPoint> MappedAsync()
    {
        byte[] answer = await AskAsync(RunningRelay.Request(StunMethod.Binding));
        StunMessage.TryParse(answer, out StunMessage message);
        Assert.Equal(AttributeResult.Ok, XorMappedAddress.Read(message, out TransportAddress mapped));
        return mapped.ToIPEndPoint();
    }

    public async ValueTask DisposeAsync() => await _stream.DisposeAsync();

    private static async Task<Socket> OpenAsync(IPEndPoint server, byte[]? preface, int receiveBuffer)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0)
        {
            socket.ReceiveBufferSize = receiveBuffer;
        }

        await socket.ConnectAsync(server);
        if (preface is not null)
        {
            await socket.SendAsync(preface);
        }

        return socket;
    }
}
