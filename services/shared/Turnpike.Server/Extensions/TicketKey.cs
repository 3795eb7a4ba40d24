using System.Security.Cryptography;

namespace Turnpike.Server;

/// <summary>A key that mobility tickets are sealed with (RFC 8016).</summary>
/// <param name="Id">Names the key inside the ticket, so that keys can be rotated with overlap.</param>
/// <param name="Secret">32 random bytes: AES-256-GCM.</param>
public sealed record TicketKey(byte Id, byte[] Secret)
{
    /// <summary>A fresh random key.</summary>
    /// <param name="id">Its name.</param>
    public static TicketKey Create(byte id = 1) => new(id, RandomNumberGenerator.GetBytes(32));
}
