using System.Security.Cryptography;
using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>A key that nonces are made with.</summary>
/// <param name="Id">Names the key inside the nonce, so that keys can be rotated with overlap.</param>
/// <param name="Secret">32 random bytes.</param>
public sealed record NonceKey(byte Id, byte[] Secret)
{
    /// <summary>The secret, ready to authenticate with.</summary>
    internal HmacSha256 Hmac { get; } = new(Secret);

    /// <summary>A fresh random key.</summary>
    /// <param name="id">Its name.</param>
    public static NonceKey Create(byte id = 1) => new(id, RandomNumberGenerator.GetBytes(32));
}
