using System.Buffers.Binary;

namespace Turnpike.Edge.Transport.Dtls;

/// <summary>
/// What the cookie exchange needs of a ClientHello (RFC 6347 section 4.2.1), read where it stands. The rest is read when the sender's
/// address has been proved.
/// </summary>
internal readonly ref struct ClientHello
{
    public const int RandomLength = 32;

    private const int MessageHeaderLength = 12;
    private const byte ClientHelloType = 1;
    private const int VersionLength = 2;
    private const int MaxSessionId = 32;

    /// <summary>The number that the record carried, which the answer repeats.</summary>
    public ulong RecordSequence { get; private init; }

    /// <summary>Version, random and session id: the parameters in front of the cookie.</summary>
    public ReadOnlySpan<byte> BeforeCookie { get; private init; }

    public ReadOnlySpan<byte> Cookie { get; private init; }

    /// <summary>Cipher suites and compression methods. Extensions are left out: RFC 6347 lets them change in between.</summary>
    public ReadOnlySpan<byte> AfterCookie { get; private init; }

    public ReadOnlySpan<byte> Random => BeforeCookie.Slice(VersionLength, RandomLength);

    /// <summary>Whether the record begins with a ClientHello, be it well formed or not.</summary>
    public static bool IsAt(ReadOnlySpan<byte> datagram, in DtlsRecord record) =>
        record is { Epoch: 0, Type: ContentType.Handshake, Length: > 0 } && datagram[DtlsRecord.HeaderLength] == ClientHelloType;

    /// <summary>
    /// Reads the ClientHello of the first record. One that is spread over several records is refused: without state it cannot be put
    /// together, and RFC 6347 section 4.2.1 lets a server say so by silence.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> datagram, scoped in DtlsRecord record, out ClientHello hello)
    {
        hello = default;
        ReadOnlySpan<byte> message = datagram.Slice(DtlsRecord.HeaderLength, record.Length);
        if (message.Length < MessageHeaderLength)
        {
            return false;
        }

        int length = message.Length - MessageHeaderLength;
        if (ReadUInt24(message[1..]) != length || ReadUInt24(message[6..]) != 0 || ReadUInt24(message[9..]) != length)
        {
            return false;
        }

        ReadOnlySpan<byte> body = message[MessageHeaderLength..];
        int position = VersionLength + RandomLength;
        if (!TrySkip8(body, ref position, out int sessionId) || sessionId > MaxSessionId)
        {
            return false;
        }

        int cookieField = position;
        if (!TrySkip8(body, ref position, out int cookie))
        {
            return false;
        }

        int parameters = position;
        if (!TrySkip16(body, ref position, out int suites) || suites < 2 || !TrySkip8(body, ref position, out int methods) || methods < 1)
        {
            return false;
        }

        hello = new ClientHello
        {
            RecordSequence = record.Sequence,
            BeforeCookie = body[..cookieField],
            Cookie = body.Slice(cookieField + 1, cookie),
            AfterCookie = body[parameters..position],
        };
        return true;
    }

    private static int ReadUInt24(ReadOnlySpan<byte> bytes) => (bytes[0] << 16) | (bytes[1] << 8) | bytes[2];

    private static bool TrySkip8(ReadOnlySpan<byte> body, ref int position, out int length)
    {
        length = position < body.Length ? body[position] : int.MaxValue;
        return length <= body.Length - position - 1 && Advance(ref position, 1 + length);
    }

    private static bool TrySkip16(ReadOnlySpan<byte> body, ref int position, out int length)
    {
        length = position + 1 < body.Length ? BinaryPrimitives.ReadUInt16BigEndian(body[position..]) : int.MaxValue;
        return length <= body.Length - position - 2 && Advance(ref position, 2 + length);
    }

    private static bool Advance(ref int position, int by)
    {
        position += by;
        return true;
    }
}
