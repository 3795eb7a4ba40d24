using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Turnpike.Edge.Options;
using Turnpike.Protocol;

namespace Turnpike.Edge.Transport.Streams;

/// <summary>What a connection begins with, before its frames: the PROXY header, the choice between plain and TLS, the TLS handshake.</summary>
internal static class StreamHandshake
{
    // RFC 8446 section 5.1: the content type of a handshake record. No STUN message begins so.
    private const byte TlsHandshakeRecord = 0x16;

    // As much as a TLS record holds, so that a batch of datagrams is one record.
    private const int TlsWriteBytes = 16_384;
    private const int TlsReadBytes = 4096;

    /// <summary>The ALPN name of STUN and TURN over TLS (RFC 7443 section 2).</summary>
    private static readonly SslApplicationProtocol Alpn = new("stun.turn");

    /// <summary>What the edge's handshakes with a certificate are like.</summary>
    public static SslServerAuthenticationOptions OptionsFor(SslStreamCertificateContext certificate) => new()
    {
        ServerCertificateContext = certificate,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ApplicationProtocols = [Alpn],
        AllowRenegotiation = false,
        ClientCertificateRequired = false,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
    };

    /// <summary>Reads the PROXY header off the front.</summary>
    /// <param name="input">The connection's bytes.</param>
    /// <param name="allowed">The versions that are taken.</param>
    /// <param name="own">The connection's own address.</param>
    /// <returns>The client's address, or why the connection is closed.</returns>
    public static async ValueTask<(TransportAddress Client, StreamClose Refused)> ReadProxyAsync(
        PipeReader input, ProxyProtocol allowed, TransportAddress own)
    {
        while (true)
        {
            ReadResult read = await input.ReadAsync();
            ProxyHeaderResult result = TryReadProxy(read.Buffer, allowed, out TransportAddress client, out int length);
            switch (result)
            {
                case ProxyHeaderResult.NeedMore when read.IsCompleted:
                    return (own, read.Buffer.IsEmpty ? StreamClose.Client : StreamClose.ProxyMalformed);
                case ProxyHeaderResult.NeedMore:
                    input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                    break;
                case ProxyHeaderResult.Malformed:
                    return (own, StreamClose.ProxyMalformed);
                default:
                    input.AdvanceTo(read.Buffer.GetPosition(length));
                    return (result == ProxyHeaderResult.Proxied ? client : own, StreamClose.None);
            }
        }
    }

    /// <summary>Waits for the first byte, which stays where it is.</summary>
    /// <returns>Whether it begins a TLS handshake; null when the client has closed without a byte.</returns>
    public static async ValueTask<bool?> BeginsTlsAsync(PipeReader input)
    {
        ReadResult read = await input.ReadAsync();
        bool? begins = read.Buffer.IsEmpty ? null : read.Buffer.FirstSpan[0] == TlsHandshakeRecord;
        input.AdvanceTo(read.Buffer.Start);
        return begins;
    }

    /// <summary>The TLS handshake, as server. Null when it fails.</summary>
    public static async Task<SslStream?> AuthenticateAsync(IDuplexPipe transport, SslServerAuthenticationOptions options)
    {
        var tls = new SslStream(new DuplexStream(transport));
        try
        {
            await tls.AuthenticateAsServerAsync(options);

            // Without ALPN a client is served (RFC 7443 section 3); one that offers other protocols only is not meant for here.
            if (tls.NegotiatedApplicationProtocol.Protocol.IsEmpty || tls.NegotiatedApplicationProtocol == Alpn)
            {
                return tls;
            }
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException or OperationCanceledException)
        {
            // Counted by the caller. What a hostile client breaks a handshake with is of no interest one by one.
        }

        await tls.DisposeAsync();
        return null;
    }

    /// <summary>The two ends of TLS as pipes that hold no buffer while nothing happens.</summary>
    public static (PipeReader Input, PipeWriter Output) Pipes(SslStream tls) => (
        PipeReader.Create(tls, new StreamPipeReaderOptions(bufferSize: TlsReadBytes, leaveOpen: true, useZeroByteReads: true)),
        PipeWriter.Create(tls, new StreamPipeWriterOptions(minimumBufferSize: TlsWriteBytes, leaveOpen: true)));

    private static ProxyHeaderResult TryReadProxy(
        in ReadOnlySequence<byte> arrived, ProxyProtocol allowed, out TransportAddress client, out int length)
    {
        if (arrived.IsSingleSegment)
        {
            return ProxyHeader.TryRead(arrived.FirstSpan, allowed, out client, out length);
        }

        Span<byte> bytes = stackalloc byte[ProxyHeader.MaxLength];
        int known = (int)Math.Min(arrived.Length, bytes.Length);
        arrived.Slice(0, known).CopyTo(bytes);
        return ProxyHeader.TryRead(bytes[..known], allowed, out client, out length);
    }
}
