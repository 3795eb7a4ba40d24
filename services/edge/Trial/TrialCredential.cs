using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Turnpike.Edge.Trial;

/// <summary>A TURN REST credential (TURN REST API draft §2.2): the username carries its expiry, the password proves it.</summary>
/// <param name="Username">expiry:trial.</param>
/// <param name="Password">base64(HMAC-SHA1(secret, username)).</param>
public sealed record TrialCredential(string Username, string Password)
{
    // A day: long enough for any trial, short enough that a pasted snippet does not live on.
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    public static TrialCredential Create(byte[] secret, char separator, DateTimeOffset now)
    {
        string expiry = (now + Lifetime).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        string username = $"{expiry}{separator}trial";
        return new TrialCredential(username, Convert.ToBase64String(HMACSHA1.HashData(secret, Encoding.UTF8.GetBytes(username))));
    }
}
