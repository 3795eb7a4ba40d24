using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Turnpike.LoadTest.CommandLine;
using Turnpike.Protocol;

namespace Turnpike.LoadTest.Turn;

/// <summary>A user name and password of the long-term mechanism (RFC 8489 section 9.2), prepared with OpaqueString.</summary>
internal sealed class TurnCredential : ITurnCredentials
{
    /// <summary>September 2001: a smaller number before a colon is somebody's name.</summary>
    private const long EarliestEnd = 1_000_000_000;

    private readonly byte[] _password;

    public TurnCredential(string user, string password)
    {
        if (!OpaqueString.TryPrepare(user, out string preparedUser) || !OpaqueString.TryPrepare(password, out string preparedPassword))
        {
            throw new UsageException("the user name or the password is empty or has characters that OpaqueString (RFC 8265) forbids");
        }

        Username = Encoding.UTF8.GetBytes(preparedUser);
        _password = Encoding.UTF8.GetBytes(preparedPassword);
    }

    public byte[] Username { get; }

    /// <summary>One credential for all allocations.</summary>
    TurnCredential ITurnCredentials.Current => this;

    /// <summary>The TURN REST form: <c>expiry:user</c>, and as password the base64 of HMAC-SHA1(secret, username).</summary>
    public static TurnCredential FromSecret(string secret, string user, DateTimeOffset expiresAt)
    {
        string username = string.Create(CultureInfo.InvariantCulture, $"{expiresAt.ToUnixTimeSeconds()}:{user}");
        byte[] mac = HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(username));
        return new TurnCredential(username, Convert.ToBase64String(mac));
    }

    /// <summary>When a user name of the TURN REST form ends, as applications get it issued; null where it is not of that form.</summary>
    public static DateTimeOffset? EndOf(string user)
    {
        int colon = user.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            && long.TryParse(user.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            && seconds >= EarliestEnd && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
                ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                : null;
    }

    /// <summary>The MD5 long-term key, which servers of RFC 5389 and of RFC 8489 both accept.</summary>
    public void DeriveKey(ReadOnlySpan<byte> realm, Span<byte> key) => LongTermKey.Md5(Username, realm, _password, key);
}
