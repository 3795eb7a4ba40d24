using System.Security.Cryptography;
using System.Text;

namespace Turnpike.Cluster;

/// <summary>
/// Issues credentials that every edge verifies without a look-up (TURN REST API draft, section 2.2): the password is
/// base64(HMAC-SHA1(secret, username)).
/// </summary>
public static class IssuedCredential
{
    /// <summary>Issues one with the realm's newest valid secret.</summary>
    /// <param name="realm">The tenant.</param>
    /// <param name="user">The user; not empty.</param>
    /// <param name="tag">The tag, or empty.</param>
    /// <param name="ttl">How long it shall be valid; never longer than the realm's policy allows or its secret lives.</param>
    /// <param name="unixNow">Seconds of Unix time.</param>
    /// <param name="separator">What stands behind the expiry; a colon unless the edges are set otherwise.</param>
    /// <exception cref="InvalidOperationException">The realm has no secret that is valid now.</exception>
    /// <exception cref="ArgumentException">The user is empty, or realm, user and tag together are too long for a USERNAME.</exception>
    public static (string Username, string Password) Issue(
        RealmRecord realm, string user, string tag, TimeSpan ttl, long unixNow, char separator)
    {
        ArgumentException.ThrowIfNullOrEmpty(user);
        RealmSecret secret = realm.NewestSecret(unixNow)
            ?? throw new InvalidOperationException($"Realm {realm.Name} has no secret that is valid now.");
        long seconds = Math.Max(1, Math.Min((long)ttl.TotalSeconds, realm.Policy.MaxCredentialLifetime ?? long.MaxValue));
        long expiresAt = Math.Min(unixNow + seconds, secret.NotAfter);
        string username = new IssuedUsername(expiresAt, secret.Id, unixNow, realm.Name, user, tag).Format(separator);
        if (Encoding.UTF8.GetByteCount(username) > IssuedUsername.LongestUsername)
        {
            throw new ArgumentException("Realm, user and tag together are too long for a USERNAME of 508 bytes.", nameof(user));
        }
        return (username, Password(secret.Value, Encoding.UTF8.GetBytes(username)));
    }

    /// <summary>The password that belongs to a USERNAME.</summary>
    public static string Password(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> username)
    {
        Span<byte> code = stackalloc byte[HMACSHA1.HashSizeInBytes];
        HMACSHA1.HashData(secret, username, code);
        return Convert.ToBase64String(code);
    }
}
