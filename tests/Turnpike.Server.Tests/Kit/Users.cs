using System.Text;
using Turnpike.Protocol;

namespace Turnpike.Server.Tests;

/// <summary>The users that the tests know.</summary>
internal static class Users
{
    public const string Realm = "example.org";
    public static readonly byte[] RestSecret = Encoding.UTF8.GetBytes("a-secret-of-the-rest-api");
    public static readonly byte[] OtherRestSecret = Encoding.UTF8.GetBytes("the-secret-before-the-last");

    public static ICredentialSource Default { get; } = new CredentialChain(
        new StaticUsers(Realm, [Static("alice", "alice-password"), Static("bob", "bob-password")]),
        new RestCredentials(Realm, [RestSecret, OtherRestSecret]));

    public static StaticUser Static(string name, string password, string realm = Realm) => new(
        name, Key(name, password, realm, PasswordAlgorithmId.Md5), Key(name, password, realm, PasswordAlgorithmId.Sha256));

    public static byte[] Key(string user, string password, string realm, PasswordAlgorithmId algorithm)
    {
        (byte[] u, byte[] r, byte[] p) = (Encoding.UTF8.GetBytes(user), Encoding.UTF8.GetBytes(realm), Encoding.UTF8.GetBytes(password));
        if (algorithm == PasswordAlgorithmId.Sha256)
        {
            byte[] key = new byte[LongTermKey.Sha256Length];
            LongTermKey.Sha256(u, r, p, key);
            return key;
        }
        else
        {
            byte[] key = new byte[LongTermKey.Md5Length];
            LongTermKey.Md5(u, r, p, key);
            return key;
        }
    }

    /// <summary>A TURN REST username and its password, made without the server's code.</summary>
    public static (string Username, string Password) Rest(long expiresAt, string user, byte[]? secret = null, bool sha256 = false)
    {
        string username = $"{expiresAt}:{user}";
        byte[] bytes = Encoding.UTF8.GetBytes(username);
        byte[] mac = sha256
            ? System.Security.Cryptography.HMACSHA256.HashData(secret ?? RestSecret, bytes)
            : System.Security.Cryptography.HMACSHA1.HashData(secret ?? RestSecret, bytes);
        return (username, Convert.ToBase64String(mac));
    }
}
