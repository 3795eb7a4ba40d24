using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Turnpike.LoadTest.Turn;
using Turnpike.Protocol;
using Turnpike.Protocol.Attributes;

namespace Turnpike.LoadTest.Tests;

/// <summary>
/// A TURN server on loopback that has a realm of its own, believes nobody whose integrity is not of that realm, and grants allocations that relay nothing, or sends
/// every client to another server, or refuses every peer.
/// </summary>
internal sealed class RedirectingServer : IDisposable
{
    private const string User = "alice";
    private const string Password = "secret";

    private readonly byte[] _realm;
    private readonly byte[] _key = new byte[LongTermKey.Md5Length];
    private readonly Socket _socket;
    private readonly ConcurrentBag<Socket> _accepted = [];
    private readonly string? _name;
    private int _granted;

    /// <param name="transport">From its clients.</param>
    /// <param name="name">Of its realm, and of its certificate.</param>
    public RedirectingServer(ClientTransport transport, string name)
    {
        _name = name;
        _realm = Encoding.UTF8.GetBytes(name);
        LongTermKey.Md5(Encoding.UTF8.GetBytes(User), _realm, Encoding.UTF8.GetBytes(Password), _key);
        bool isUdp = transport == ClientTransport.Udp;
        _socket = new Socket(System.Net.Sockets.AddressFamily.InterNetwork, isUdp ? SocketType.Dgram : SocketType.Stream, isUdp ? ProtocolType.Udp : ProtocolType.Tcp);
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        Certificate = transport == ClientTransport.Tls ? CertificateFor(name) : null;
        Target = new TurnTarget(EndPoint.ToString(), EndPoint, transport, name, Certificate is null ? null : [Certificate]);
        _ = isUdp ? ServeDatagramsAsync() : AcceptAsync();
    }

    public static TurnCredential Credential { get; } = new(User, Password);

    public IPEndPoint EndPoint { get; }

    public X509Certificate2? Certificate { get; }

    public TurnTarget Target { get; }

    /// <summary>Allocations that were granted.</summary>
    public int Granted => Volatile.Read(ref _granted);

    /// <summary>Where clients are sent; null: they are served.</summary>
    public RedirectingServer? Alternate { get; set; }

    /// <summary>No client may have a peer.</summary>
    public bool RefusesPeers { get; init; }

    public void Dispose()
    {
        _socket.Dispose();
        foreach (Socket socket in _accepted)
        {
            socket.Dispose();
        }
    }

    private static X509Certificate2 CertificateFor(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private async Task ServeDatagramsAsync()
    {
        byte[] buffer = new byte[2048];
        try
        {
            while (true)
            {
                SocketReceiveFromResult received = await _socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                if (Answer(buffer.AsSpan(0, received.ReceivedBytes)) is { } answer)
                {
                    await _socket.SendToAsync(answer, received.RemoteEndPoint);
                }
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            _socket.Listen();
            while (true)
            {
                Socket accepted = await _socket.AcceptAsync();
                _accepted.Add(accepted);
                _ = ServeStreamAsync(accepted);
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeStreamAsync(Socket accepted)
    {
        try
        {
            Stream stream = new NetworkStream(accepted, ownsSocket: true);
            if (Certificate is not null)
            {
                var secure = new SslStream(stream);
                await secure.AuthenticateAsServerAsync(Certificate);
                stream = secure;
            }

            byte[] header = new byte[4];
            while (true)
            {
                await stream.ReadExactlyAsync(header);
                bool isStun = header[0] < 0x40;
                byte[] message = new byte[isStun ? StunMessage.HeaderLength + (header[2] << 8) + header[3] : (4 + (header[2] << 8) + header[3] + 3) & ~3];
                header.CopyTo(message, 0);
                await stream.ReadExactlyAsync(message.AsMemory(4));
                if (Answer(message) is { } answer)
                {
                    await stream.WriteAsync(answer);
                }
            }
        }
        catch (Exception ended) when (ended is IOException or SocketException or ObjectDisposedException)
        {
            // The client left, or the test is over.
        }
    }

    private byte[]? Answer(ReadOnlySpan<byte> datagram)
    {
        if (StunMessage.TryParse(datagram, out StunMessage request) != StunParseResult.Ok || request.Class != StunClass.Request)
        {
            return null;
        }

        Span<byte> buffer = stackalloc byte[1024];
        bool isKnown = MessageIntegrity.Verify(request, _key) && Realm.Read(request, out ReadOnlySpan<byte> realm) == AttributeResult.Ok && realm.SequenceEqual(_realm);
        bool isSentAway = isKnown && Alternate is not null && request.Method == StunMethod.Allocate;
        bool isRefused = isKnown && RefusesPeers && request.Method == StunMethod.ChannelBind;
        var writer = new StunMessageWriter(buffer, isKnown && !isSentAway && !isRefused ? StunClass.SuccessResponse : StunClass.ErrorResponse, request.Method, request.TransactionId);
        if (!isKnown)
        {
            ErrorCode.Write(ref writer, StunErrorCode.Unauthorized);
            Realm.Write(ref writer, _realm);
            Nonce.Write(ref writer, "nonce"u8);
            return writer.Finish().ToArray();
        }

        if (isSentAway)
        {
            ErrorCode.Write(ref writer, StunErrorCode.TryAlternate);
            AlternateServer.Write(ref writer, TransportAddress.From(Alternate!.EndPoint));
            if (Certificate is not null)
            {
                AlternateDomain.Write(ref writer, Encoding.ASCII.GetBytes(Alternate._name!));
            }
        }
        else if (isRefused)
        {
            ErrorCode.Write(ref writer, StunErrorCode.Forbidden);
        }
        else if (request.Method == StunMethod.Allocate)
        {
            Interlocked.Increment(ref _granted);
            XorRelayedAddress.Write(ref writer, ScriptedServer.Relayed);
            Lifetime.Write(ref writer, 600);
        }

        MessageIntegrity.Write(ref writer, _key);
        return writer.Finish().ToArray();
    }
}
