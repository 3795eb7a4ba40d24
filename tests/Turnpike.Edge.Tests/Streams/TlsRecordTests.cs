using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Turnpike.Edge.Tests.Transport;
using Turnpike.Protocol;

namespace Turnpike.Edge.Tests.Streams;

public sealed class TlsRecordTests
{
    private const int Messages = 100;
    private const int AnswerLength = 32;

    // RFC 8446 section 5.2 and RFC 5246 section 6.2.3.3: what AES-GCM and the inner content type add to a record's content.
    [Theory]
    [InlineData(SslProtocols.Tls12, 24)]
    [InlineData(SslProtocols.Tls13, 17)]
    public async Task Every_message_is_a_TLS_record_of_its_own(SslProtocols version, int overhead)
    {
        using var certificates = new TestCertificates();
        await using StreamHost host = await StreamHost.StartAsync([("Edge:Listeners:0", "tls://127.0.0.1:0"), .. certificates.Settings]);
        using var socket = new TcpClient();
        await socket.ConnectAsync(host.Address("turns"), TestContext.Current.CancellationToken);
        var received = new RecordingStream(socket.Client);
        await using var tls = new SslStream(received);
        await tls.AuthenticateAsClientAsync(StreamClient.TlsOptions(version), TestContext.Current.CancellationToken);
        byte[][] requests = [.. Enumerable.Range(0, Messages).Select(_ => RunningRelay.Request(StunMethod.Binding))];
        await tls.WriteAsync(requests.SelectMany(request => request).ToArray(), TestContext.Current.CancellationToken);
        await tls.ReadExactlyAsync(new byte[Messages * AnswerLength], TestContext.Current.CancellationToken);

        const byte ApplicationData = 23;
        Assert.Equal(Messages, received.Records().Count(record => record == (ApplicationData, AnswerLength + overhead)));
    }

    private sealed class RecordingStream(Socket socket) : NetworkStream(socket)
    {
        private readonly MemoryStream _received = new();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int length = await base.ReadAsync(buffer, cancellationToken);
            _received.Write(buffer.Span[..length]);
            return length;
        }

        /// <summary>Type and length of every record.</summary>
        public IEnumerable<(byte Type, int Length)> Records()
        {
            byte[] bytes = _received.ToArray();
            for (int at = 0; at + 5 <= bytes.Length;)
            {
                int length = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at + 3));
                yield return (bytes[at], length);
                at += 5 + length;
            }
        }

        protected override void Dispose(bool disposing)
        {
            _received.Dispose();
            base.Dispose(disposing);
        }
    }
}
