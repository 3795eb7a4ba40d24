using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>
/// Nonces that need no memory: <c>cookie(13) base64url(key id, time, MAC)</c>, where the MAC covers the client's address and
/// port, the time, and the offered features. A nonce is good on every server that holds the key, for no other client, and
/// proves that its bearer receives what is sent to its address.
/// </summary>
internal static class NonceCodec
{
    /// <summary>Bytes of a nonce on the wire.</summary>
    public const int Length = NonceCookie.Length + EncodedLength;

    private const int TimeOffset = 1;
    private const int MacOffset = 5;
    private const int MacLength = 13;
    private const int RawLength = MacOffset + MacLength;
    private const int EncodedLength = RawLength / 3 * 4;

    // Clocks of a cluster differ a little; a nonce from further in the future was not made by one of them.
    private const int MaxSkewSeconds = 60;

    public static void Write(ServerPolicy policy, in TransportAddress client, long unixNow, Span<byte> nonce)
    {
        Span<byte> raw = stackalloc byte[RawLength];
        NonceKey key = policy.NonceKeys[0];
        raw[0] = key.Id;
        BinaryPrimitives.WriteUInt32BigEndian(raw[TimeOffset..], (uint)unixNow);
        ComputeMac(key, client, (uint)unixNow, policy.Features, raw[MacOffset..]);
        NonceCookie.Write(policy.Features, nonce);
        Base64Url.EncodeToUtf8(raw, nonce[NonceCookie.Length..]);
    }

    /// <summary>True when this server's keys made the nonce for this client and it is not too old.</summary>
    public static bool Verify(ServerPolicy policy, in TransportAddress client, long unixNow, ReadOnlySpan<byte> nonce)
    {
        Span<byte> raw = stackalloc byte[RawLength];
        if (nonce.Length != Length
            || !NonceCookie.TryRead(nonce, out StunSecurityFeatures features)
            // The Try form throws on characters that are not base64url; a nonce is whatever somebody sent.
            || Base64Url.DecodeFromUtf8(nonce[NonceCookie.Length..], raw, out _, out int written) != OperationStatus.Done
            || written != RawLength)
        {
            return false;
        }

        uint time = BinaryPrimitives.ReadUInt32BigEndian(raw[TimeOffset..]);
        long age = unixNow - time;
        if (age >= policy.Lifetimes.Nonce || age < -MaxSkewSeconds)
        {
            return false;
        }

        Span<byte> mac = stackalloc byte[MacLength];
        // By number: the enumerator of a list that is known as an interface is garbage, one for each request.
        for (int i = 0; i < policy.NonceKeys.Count; i++)
        {
            NonceKey key = policy.NonceKeys[i];
            if (key.Id == raw[0])
            {
                ComputeMac(key, client, time, features, mac);
                return CryptographicOperations.FixedTimeEquals(mac, raw[MacOffset..]);
            }
        }

        return false;
    }

    private static void ComputeMac(
        NonceKey key, in TransportAddress client, uint time, StunSecurityFeatures features, Span<byte> mac)
    {
        Span<byte> input = stackalloc byte[27];
        BinaryPrimitives.WriteUInt64BigEndian(input, client.High);
        BinaryPrimitives.WriteUInt64BigEndian(input[8..], client.Low);
        BinaryPrimitives.WriteUInt16BigEndian(input[16..], client.Port);
        input[18] = (byte)client.Family;
        BinaryPrimitives.WriteUInt32BigEndian(input[19..], time);
        BinaryPrimitives.WriteUInt32BigEndian(input[23..], (uint)features);
        Span<byte> hash = stackalloc byte[HmacSha256.Length];
        key.Hmac.Compute(input, hash);
        hash[..MacLength].CopyTo(mac);
    }
}
