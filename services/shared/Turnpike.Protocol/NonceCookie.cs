using System.Buffers.Text;

namespace Turnpike.Protocol;

/// <summary>
/// The STUN Security Features of RFC 8489 §18.1, a set of 24 bits whose bit 0 is the leftmost (0x800000).
/// </summary>
[Flags]
public enum StunSecurityFeatures : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Bit 0: the server offers PASSWORD-ALGORITHMS.</summary>
    PasswordAlgorithms = 0x80_0000,

    /// <summary>Bit 1: the server takes USERHASH in place of USERNAME.</summary>
    UsernameAnonymity = 0x40_0000,
}

/// <summary>
/// The nonce cookie of RFC 8489 §9.2: a NONCE that begins with <c>obMatJos2</c> and four base64 characters, the security features
/// that the server has. Being inside the nonce, which the integrity check covers, they cannot be stripped on the way.
/// </summary>
public static class NonceCookie
{
    /// <summary>13 bytes: the nine of <c>obMatJos2</c> and the four of the feature set.</summary>
    public const int Length = 13;

    private const int FeatureBytes = 3;

    private static ReadOnlySpan<byte> Prefix => "obMatJos2"u8;

    /// <summary>Writes the 13 bytes to the front of <paramref name="destination"/>.</summary>
    /// <exception cref="ArgumentException">Fewer than 13 bytes of room.</exception>
    public static void Write(StunSecurityFeatures features, Span<byte> destination)
    {
        Prefix.CopyTo(destination);
        uint set = (uint)features;
        ReadOnlySpan<byte> bytes = [(byte)(set >> 16), (byte)(set >> 8), (byte)set];
        Base64.EncodeToUtf8(bytes, destination[Prefix.Length..Length], out _, out _);
    }

    /// <summary>
    /// Reads the features from the front of a nonce. False when the nonce has no cookie, or when the four characters after it are
    /// not base64.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> nonce, out StunSecurityFeatures features)
    {
        features = StunSecurityFeatures.None;
        if (nonce.Length < Length || !nonce.StartsWith(Prefix))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[FeatureBytes];
        Base64.DecodeFromUtf8(nonce[Prefix.Length..Length], bytes, out int consumed, out int written);
        if (consumed != Length - Prefix.Length || written != FeatureBytes)
        {
            return false;
        }

        features = (StunSecurityFeatures)(((uint)bytes[0] << 16) | ((uint)bytes[1] << 8) | bytes[2]);
        return true;
    }
}
