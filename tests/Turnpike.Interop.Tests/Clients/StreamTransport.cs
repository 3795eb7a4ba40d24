using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Turnpike.Interop.Servers;

namespace Turnpike.Interop.Clients;

/// <summary>
/// A TCP connection, with TLS where the server has a certificate. The framing is written here once more rather than taken from the
/// project: a mistake shared by both ends would look right to both.
/// </summary>
internal sealed class StreamTransport : IClientTransport
{
    private const int StunHeader = 20;
    private const int ChannelHeader = 4;
    private static readonly SslApplicationProtocol StunTurn = new("stun.turn");

    private readonly Stream _stream;
    private byte[] _received = [];
    private Task<byte[]>? _reading;

    private StreamTransport(Stream stream, IPEndPoint localEndPoint) => (_stream, LocalEndPoint) = (stream, localEndPoint);

    public IPEndPoint LocalEndPoint { get; }

    public bool IsReliable => true;

    public static async Task<StreamTransport> ConnectAsync(IPEndPoint server, TestCertificate? certificate)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server, cancellation);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (certificate is not null)
            {
                stream = await SecureAsync(stream, server, certificate, cancellation);
            }

            return new StreamTransport(stream, (IPEndPoint)socket.LocalEndPoint!);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>The bare stream, once it carries no more messages (RFC 6062 section 4.4), and what of it was read already.</summary>
    public (NetworkStream Stream, byte[] Early) Detach()
    {
        Assert.True(_reading is null, "a message is being waited for");
        return ((NetworkStream)_stream, _received);
    }

    public void Send(ReadOnlySpan<byte> message)
    {
        // RFC 8656 section 12.5: over a stream ChannelData is padded to a multiple of four, which STUN always is.
        byte[] padded = new byte[Padded(message.Length)];
        message.CopyTo(padded);
        _stream.Write(padded);
    }

    public async Task<byte[]> ReceiveAsync(CancellationToken cancellation)
    {
        // Giving up the wait must not tear a message apart: the next call goes on where this one was.
        _reading ??= ReadMessageAsync();
        byte[] message = await _reading.WaitAsync(cancellation);
        _reading = null;
        return message;
    }

    private static async Task<Stream> SecureAsync(
        Stream stream, IPEndPoint server, TestCertificate certificate, CancellationToken cancellation)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = server.Address.ToString(),
            ApplicationProtocols = [StunTurn],
            EnabledSslProtocols = SslProtocols.None,
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == certificate.Sha1,
        };
        var secure = new SslStream(stream);
        await secure.AuthenticateAsClientAsync(options, cancellation);
        return secure;
    }

    private static int Padded(int length) => (length + 3) & ~3;

    private async Task<byte[]> ReadMessageAsync()
    {
        byte[] buffer = new byte[16 * 1024];
        while (true)
        {
            if (_received.Length >= ChannelHeader)
            {
                int value = BinaryPrimitives.ReadUInt16BigEndian(_received.AsSpan(2));
                int length = value + ((_received[0] & 0xC0) == 0 ? StunHeader : ChannelHeader);
                if (_received.Length >= Padded(length))
                {
                    byte[] message = _received[..length];
                    _received = _received[Padded(length)..];
                    return message;
                }
            }

            int read = await _stream.ReadAsync(buffer);
            if (read == 0)
            {
                throw new EndOfStreamException("the server closed the connection");
            }

            _received = [.. _received, .. buffer[..read]];
        }
    }
}
