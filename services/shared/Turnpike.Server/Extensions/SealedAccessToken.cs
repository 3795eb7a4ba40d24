using System.Buffers.Binary;
using System.Security.Cryptography;
using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>
/// A self-contained access token (RFC 7635 section 6.2): <c>nonce length(2) nonce(12) AEAD(key length(2) mac key, timestamp(8),
/// lifetime(4)) tag(16)</c>, with the server's name as associated data. Every length is known before anything is decrypted
/// (CVE-2026-43994).
/// </summary>
internal static class SealedAccessToken
{
    /// <summary>The session key that RFC 7635 section 6.2 has every server support: 160 bits, for HMAC-SHA1.</summary>
    public const int MinMacKeyLength = 20;

    /// <summary>A block of HMAC: a longer key is only hashed.</summary>
    public const int MaxMacKeyLength = 64;

    /// <summary>How far the clocks of the two servers may differ, in seconds: Delta of RFC 7635 section 7, which recommends 5.</summary>
    public const int MaxSkewSeconds = 5;

    private const int NonceOffset = 2;
    private const int NonceLength = 12;
    private const int BodyOffset = NonceOffset + NonceLength;
    private const int TimestampLength = 8;
    private const int LifetimeLength = 4;
    private const int BodyLengthWithoutKey = 2 + TimestampLength + LifetimeLength;
    private const int TagLength = 16;

    // The timestamp counts seconds in its upper 48 bits and 1/64000 of them in its lower 16.
    private const int FractionBits = 16;

    // A lifetime is a choice of the authorization server's; nothing of it may overflow.
    private const long MaxTimestampSeconds = 1L << 47;

    /// <summary>Opens a token and makes a credential of it; null where it is not to be trusted, or its time is over.</summary>
    /// <param name="policy">The keys, and the name that the token must be for.</param>
    /// <param name="keyId">USERNAME of the request.</param>
    /// <param name="token">ACCESS-TOKEN of the request.</param>
    /// <param name="algorithm">The password algorithm that the request names; the session key serves any.</param>
    /// <param name="unixNow">Seconds of Unix time.</param>
    public static Credential? Open(
        ThirdPartyPolicy policy, ReadOnlySpan<byte> keyId, ReadOnlySpan<byte> token, PasswordAlgorithmId algorithm, long unixNow)
    {
        int bodyLength = token.Length - BodyOffset - TagLength;
        if (bodyLength is < BodyLengthWithoutKey + MinMacKeyLength or > BodyLengthWithoutKey + MaxMacKeyLength
            || BinaryPrimitives.ReadUInt16BigEndian(token) != NonceLength
            || policy.Find(keyId, unixNow) is not { } key)
        {
            return null;
        }

        Span<byte> body = stackalloc byte[BodyLengthWithoutKey + MaxMacKeyLength];
        body = body[..bodyLength];
        using var aes = new AesGcm(key.Key, TagLength);
        try
        {
            aes.Decrypt(
                token.Slice(NonceOffset, NonceLength),
                token.Slice(BodyOffset, bodyLength),
                token[^TagLength..],
                body,
                policy.ServerName);
        }
        catch (AuthenticationTagMismatchException)
        {
            // The only way in which .NET says that a tag is wrong; its sender has proved its address by a nonce.
            return null;
        }

        int keyLength = BinaryPrimitives.ReadUInt16BigEndian(body);
        if (keyLength != bodyLength - BodyLengthWithoutKey)
        {
            return null;
        }

        ReadOnlySpan<byte> macKey = body.Slice(2, keyLength);
        long timestamp = (long)(BinaryPrimitives.ReadUInt64BigEndian(body[(2 + keyLength)..]) >> FractionBits);
        uint lifetime = BinaryPrimitives.ReadUInt32BigEndian(body[(2 + keyLength + TimestampLength)..]);

        // RFC 7635 section 7: good while lifetime + Delta > |now - timestamp|. What is left of that bounds what an allocation is
        // granted, and so does the token's lifetime itself.
        long left = lifetime + (long)MaxSkewSeconds - Math.Abs(unixNow - timestamp);
        return timestamp <= MaxTimestampSeconds && left > 0
            ? Make(key, macKey, algorithm, unixNow + Math.Min(left, lifetime))
            : null;
    }

    /// <summary>All clients of an authorization server share a key id; it is the session key that tells them apart.</summary>
    private static Credential Make(AccessTokenKey key, ReadOnlySpan<byte> macKey, PasswordAlgorithmId algorithm, long expiresAt)
    {
        byte[] identity = HMACSHA256.HashData(macKey, key.IdBytes);
        return new Credential
        {
            Username = key.IdBytes,
            Identity = identity,
            User = $"{key.Id}:{Convert.ToHexStringLower(identity.AsSpan(0, 8))}",
            ExpiresAt = expiresAt,
            IsAccessToken = true,
            Keys =
            [
                new LongTermCredentialKey(algorithm, macKey.ToArray()),
                // coturn and its clients use so much of it for HMAC-SHA1, as if it were an MD5 key.
                new LongTermCredentialKey(algorithm, macKey[..LongTermKey.Md5Length].ToArray()),
            ],
        };
    }
}
