using System.Text;

namespace Turnpike.Server;

/// <summary>A key that an authorization server encrypts access tokens with for this server (RFC 7635 section 4.1).</summary>
/// <param name="Id">Its name (<c>kid</c>), which clients send as USERNAME.</param>
/// <param name="Key">16 or 32 bytes: AES-128-GCM or AES-256-GCM.</param>
/// <param name="NotBefore">Seconds of Unix time from which on tokens under it are accepted.</param>
/// <param name="NotAfter">Seconds of Unix time from which on they are no longer.</param>
public sealed record AccessTokenKey(string Id, byte[] Key, long NotBefore = long.MinValue, long NotAfter = long.MaxValue)
{
    internal byte[] IdBytes { get; } = Encoding.UTF8.GetBytes(Id);
}

/// <summary>Third-party authorisation (RFC 7635). Immutable.</summary>
/// <param name="serverName">
/// This server's name towards the authorization server: told in THIRD-PARTY-AUTHORIZATION, and authenticated with every token.
/// </param>
/// <param name="keys">Every active key, so that rotation overlaps; their ids differ.</param>
public sealed class ThirdPartyPolicy(string serverName, IReadOnlyList<AccessTokenKey> keys)
{
    internal byte[] ServerName { get; } = Encoding.UTF8.GetBytes(serverName);

    /// <summary>The key of an id, where it is its time.</summary>
    internal AccessTokenKey? Find(ReadOnlySpan<byte> id, long unixNow)
    {
        foreach (AccessTokenKey key in keys)
        {
            if (id.SequenceEqual(key.IdBytes))
            {
                return unixNow >= key.NotBefore && unixNow < key.NotAfter ? key : null;
            }
        }

        return null;
    }
}
