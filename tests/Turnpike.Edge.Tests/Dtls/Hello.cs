using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using Turnpike.Edge.Transport.Dtls;

namespace Turnpike.Edge.Tests.Dtls;

/// <summary>A ClientHello by hand: as short as they come unless told otherwise.</summary>
internal sealed class Hello
{
    public const int MessageHeader = 12;

    public byte[] Random { get; init; } = RandomNumberGenerator.GetBytes(32);

    public byte[] SessionId { get; init; } = [];

    public byte[] Cookie { get; init; } = [];

    public byte[] Suites { get; init; } = [0xC0, 0x2B, 0xC0, 0x2F, 0x00, 0xFF];

    /// <summary>supported_groups with P-256, signature_algorithms with ECDSA and RSA over SHA-256, ec_point_formats.</summary>
    public byte[] Extensions { get; init; } = [0, 10, 0, 4, 0, 2, 0, 23, 0, 13, 0, 6, 0, 4, 4, 3, 4, 1, 0, 11, 0, 2, 1, 0];

    public ushort MessageSequence { get; init; }

    public ulong RecordSequence { get; init; }

    public Hello With(byte[] cookie) => new()
    {
        Random = Random,
        SessionId = SessionId,
        Cookie = cookie,
        Suites = Suites,
        Extensions = Extensions,
        MessageSequence = 1,
        RecordSequence = RecordSequence + 1,
    };

    public byte[] ToDatagram()
    {
        byte[] extensions = Extensions.Length == 0 ? [] : [(byte)(Extensions.Length >> 8), (byte)Extensions.Length, .. Extensions];
        byte[] body =
        [
            0xFE, 0xFD, .. Random,
            (byte)SessionId.Length, .. SessionId,
            (byte)Cookie.Length, .. Cookie,
            (byte)(Suites.Length >> 8), (byte)Suites.Length, .. Suites,
            1, 0,
            .. extensions,
        ];
        byte[] datagram = new byte[DtlsRecord.HeaderLength + MessageHeader + body.Length];
        DtlsRecord.WriteHeader(
            datagram, ContentType.Handshake, DtlsRecord.Version10, 0, RecordSequence, MessageHeader + body.Length);
        Span<byte> message = datagram.AsSpan(DtlsRecord.HeaderLength);
        message[0] = 1;
        WriteUInt24(message[1..], body.Length);
        BinaryPrimitives.WriteUInt16BigEndian(message[4..], MessageSequence);
        WriteUInt24(message[9..], body.Length);
        body.CopyTo(message[MessageHeader..]);
        return datagram;
    }

    /// <summary>The cookie of a HelloVerifyRequest.</summary>
    public static byte[] CookieOf(ReadOnlySpan<byte> answer)
    {
        Assert.Equal(22, answer[0]);
        Assert.Equal(3, answer[DtlsRecord.HeaderLength]);
        return answer[(DtlsRecord.HeaderLength + MessageHeader + 3)..].ToArray();
    }

    /// <summary>The cookie exchange: after it, the handshake has begun.</summary>
    public Hello Begin(Socket client, System.Net.IPEndPoint server)
    {
        client.SendTo(ToDatagram(), server);
        byte[] answer = new byte[2048];
        int length = client.Receive(answer);
        Hello second = With(CookieOf(answer.AsSpan(0, length)));
        client.SendTo(second.ToDatagram(), server);
        return second;
    }

    private static void WriteUInt24(Span<byte> destination, int value)
    {
        destination[0] = (byte)(value >> 16);
        destination[1] = (byte)(value >> 8);
        destination[2] = (byte)value;
    }
}
