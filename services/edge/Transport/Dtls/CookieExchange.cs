using System.Buffers.Binary;
using System.Security.Cryptography;
using Turnpike.Protocol;

namespace Turnpike.Edge.Transport.Dtls;

/// <summary>
/// The stateless cookie exchange (RFC 6347 section 4.2.1): a client gets state here only after it has shown that it receives at its
/// address. A cookie is an HMAC over that address and the parameters of the ClientHello, under a secret that changes.
/// </summary>
internal sealed class CookieExchange
{
    public const int CookieLength = 20;

    /// <summary>Bytes of a HelloVerifyRequest with its record: less than the shortest ClientHello, so nothing is amplified.</summary>
    public const int ResponseLength = DtlsRecord.HeaderLength + MessageHeaderLength + 3 + CookieLength;

    /// <summary>How long a secret makes cookies, in milliseconds; for as long again it verifies them.</summary>
    public const long RotationMilliseconds = 60_000;

    private const int SecretLength = 32;
    private const int MessageHeaderLength = 12;
    private const byte HelloVerifyRequestType = 3;
    private const int MaxAddress = 18;

    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(SecretLength);
    private readonly byte[] _previous = RandomNumberGenerator.GetBytes(SecretLength);
    private readonly byte[] _input = new byte[MaxAddress + (1 << 16)];
    private long _rotateAt = RotationMilliseconds;

    /// <summary>Lets time pass.</summary>
    public void OnTick(long now)
    {
        if (now < _rotateAt)
        {
            return;
        }

        // After a pause longer than both secrets' time neither may go on.
        if (now - _rotateAt < RotationMilliseconds)
        {
            _secret.CopyTo(_previous, 0);
        }
        else
        {
            RandomNumberGenerator.Fill(_previous);
        }

        RandomNumberGenerator.Fill(_secret);
        _rotateAt = now + RotationMilliseconds;
    }

    /// <summary>Whether the ClientHello carries a cookie that was made for this address and these parameters.</summary>
    public bool IsVerified(in ClientHello hello, in TransportAddress client)
    {
        if (hello.Cookie.Length != CookieLength)
        {
            return false;
        }

        ReadOnlySpan<byte> input = Input(hello, client);
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_secret, input, expected);
        bool current = CryptographicOperations.FixedTimeEquals(expected[..CookieLength], hello.Cookie);
        HMACSHA256.HashData(_previous, input, expected);
        return current | CryptographicOperations.FixedTimeEquals(expected[..CookieLength], hello.Cookie);
    }

    /// <summary>Writes the HelloVerifyRequest that answers <paramref name="hello"/>.</summary>
    /// <param name="hello">The ClientHello.</param>
    /// <param name="client">Where it came from.</param>
    /// <param name="response"><see cref="ResponseLength"/> bytes.</param>
    public void Answer(in ClientHello hello, in TransportAddress client, Span<byte> response)
    {
        const int MessageLength = ResponseLength - DtlsRecord.HeaderLength;
        const int BodyLength = MessageLength - MessageHeaderLength;

        // RFC 6347 section 4.2.1: version 1.0 whatever follows, and the record number of the ClientHello.
        DtlsRecord.WriteHeader(response, ContentType.Handshake, DtlsRecord.Version10, epoch: 0, hello.RecordSequence, MessageLength);
        Span<byte> message = response[DtlsRecord.HeaderLength..];
        message[..MessageHeaderLength].Clear();
        message[0] = HelloVerifyRequestType;
        message[3] = BodyLength;
        message[11] = BodyLength;
        BinaryPrimitives.WriteUInt16BigEndian(message[MessageHeaderLength..], DtlsRecord.Version10);
        message[MessageHeaderLength + 2] = CookieLength;

        Span<byte> cookie = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_secret, Input(hello, client), cookie);
        cookie[..CookieLength].CopyTo(message[(MessageHeaderLength + 3)..]);
    }

    /// <summary>What a cookie vouches for. The address has a fixed length, and each parameter carries its own.</summary>
    private ReadOnlySpan<byte> Input(in ClientHello hello, in TransportAddress client)
    {
        Span<byte> input = _input;
        BinaryPrimitives.WriteUInt64BigEndian(input, client.High);
        BinaryPrimitives.WriteUInt64BigEndian(input[8..], client.Low);
        BinaryPrimitives.WriteUInt16BigEndian(input[16..], client.Port);
        hello.BeforeCookie.CopyTo(input[MaxAddress..]);
        int length = MaxAddress + hello.BeforeCookie.Length;
        hello.AfterCookie.CopyTo(input[length..]);
        return input[..(length + hello.AfterCookie.Length)];
    }
}
