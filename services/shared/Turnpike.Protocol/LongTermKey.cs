using System.Buffers;
using System.Security.Cryptography;

namespace Turnpike.Protocol;

/// <summary>
/// The keys of the long-term credential mechanism (RFC 8489 §18.5): a digest of <c>username ":" realm ":" password</c>, with
/// realm and password prepared by <see cref="OpaqueString"/> beforehand, all in UTF-8.
/// </summary>
public static class LongTermKey
{
    /// <summary>16 bytes.</summary>
    public const int Md5Length = MD5.HashSizeInBytes;

    /// <summary>32 bytes.</summary>
    public const int Sha256Length = SHA256.HashSizeInBytes;

    private const int StackLimit = 1024;

    /// <summary>The MD5 key of RFC 8489 §18.5.1.1; the only one that RFC 5389 clients know.</summary>
    /// <exception cref="ArgumentException"><paramref name="key"/> is shorter than 16 bytes.</exception>
    public static void Md5(ReadOnlySpan<byte> username, ReadOnlySpan<byte> realm, ReadOnlySpan<byte> password, Span<byte> key)
        => Compute(username, realm, password, key, sha256: false);

    /// <summary>The SHA-256 key of RFC 8489 §18.5.1.2.</summary>
    /// <exception cref="ArgumentException"><paramref name="key"/> is shorter than 32 bytes.</exception>
    public static void Sha256(ReadOnlySpan<byte> username, ReadOnlySpan<byte> realm, ReadOnlySpan<byte> password, Span<byte> key)
        => Compute(username, realm, password, key, sha256: true);

    private static void Compute(
        ReadOnlySpan<byte> username, ReadOnlySpan<byte> realm, ReadOnlySpan<byte> password, Span<byte> key, bool sha256)
    {
        int length = username.Length + realm.Length + password.Length + 2;
        byte[]? rented = null;
        Span<byte> input = length <= StackLimit ? stackalloc byte[StackLimit] : rented = ArrayPool<byte>.Shared.Rent(length);
        input = input[..length];

        username.CopyTo(input);
        input[username.Length] = (byte)':';
        realm.CopyTo(input[(username.Length + 1)..]);
        input[username.Length + 1 + realm.Length] = (byte)':';
        password.CopyTo(input[(username.Length + realm.Length + 2)..]);
        try
        {
            if (sha256)
            {
                SHA256.HashData(input, key);
            }
            else
            {
                MD5.HashData(input, key);
            }
        }
        finally
        {
            // The password leaves no copy behind, neither on the stack nor in the pool.
            CryptographicOperations.ZeroMemory(input);
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }
}
