using System.Security.Cryptography;
using System.Text;

namespace Turnpike.ControlPlane.Authorization;

/// <summary>Who the settings let in. Immutable.</summary>
/// <param name="tokens">Bearer tokens.</param>
/// <param name="certificates">Client certificates.</param>
/// <param name="browserKeys">Keys for web pages.</param>
public sealed class AccessList(
    IReadOnlyList<AccessEntry> tokens, IReadOnlyList<AccessEntry> certificates, IReadOnlyList<AccessEntry> browserKeys)
{
    /// <summary>Whether anybody is let in by it.</summary>
    public bool IsEmpty => tokens.Count + certificates.Count + browserKeys.Count == 0;

    /// <summary>Whether client certificates are asked for.</summary>
    public bool HasCertificates => certificates.Count > 0;

    /// <summary>The caller with a bearer token, or null.</summary>
    public Caller? FindToken(string token) => Find(tokens, SHA256.HashData(Encoding.UTF8.GetBytes(token)))?.Caller;

    /// <summary>The caller with a certificate, or null.</summary>
    /// <param name="certificate">DER.</param>
    public Caller? FindCertificate(byte[] certificate) => Find(certificates, SHA256.HashData(certificate))?.Caller;

    /// <summary>The entry of a browser key, or null; whether the page may use it is for the caller to see.</summary>
    public AccessEntry? FindBrowserKey(string key) => Find(browserKeys, SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    /// <summary>Whether any browser key works from a web page.</summary>
    public bool AllowsOrigin(string origin) => browserKeys.Any(entry => entry.Origins.Contains(origin, StringComparer.OrdinalIgnoreCase));

    // Every entry is looked at, each in constant time: how long it takes says nothing about how near a guess was.
    private static AccessEntry? Find(IReadOnlyList<AccessEntry> entries, byte[] hash)
    {
        AccessEntry? found = null;
        foreach (AccessEntry entry in entries)
        {
            if (CryptographicOperations.FixedTimeEquals(entry.Hash, hash))
            {
                found = entry;
            }
        }
        return found;
    }
}
