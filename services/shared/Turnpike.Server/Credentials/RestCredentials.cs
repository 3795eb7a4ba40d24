using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Turnpike.Protocol;

namespace Turnpike.Server;

/// <summary>
/// TURN REST credentials (draft-uberti-behave-turn-rest-00): the username carries its own expiry, and the password is
/// <c>base64(HMAC-SHA1(secret, username))</c>, so any holder of a secret verifies them without a look-up. Immutable.
/// </summary>
/// <param name="realm">The realm of the long-term keys.</param>
/// <param name="secrets">Every active secret, newest first: rotation overlaps.</param>
/// <param name="separator">Between expiry and user; the draft's is a colon.</param>
/// <param name="acceptSha256">Also accept passwords made with HMAC-SHA256.</param>
public sealed class RestCredentials(string realm, IReadOnlyList<byte[]> secrets, char separator = ':', bool acceptSha256 = false)
    : ICredentialSource
{
    private readonly byte[] _realm = Encoding.UTF8.GetBytes(realm);
    private readonly HmacSha1[] _sha1 = Keys(secrets, secret => new HmacSha1(secret));
    private readonly HmacSha256[] _sha256 = acceptSha256 ? Keys(secrets, secret => new HmacSha256(secret)) : [];
    private readonly byte _separator = (byte)separator;

    /// <summary>The password that belongs to a username under a secret.</summary>
    /// <param name="secret">The shared secret.</param>
    /// <param name="username"><c>expiry:user</c>, UTF-8.</param>
    /// <param name="sha256">Whether HMAC-SHA256 is used in place of HMAC-SHA1.</param>
    public static string Password(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> username, bool sha256 = false) =>
        Convert.ToBase64String(sha256 ? HMACSHA256.HashData(secret, username) : HMACSHA1.HashData(secret, username));

    /// <inheritdoc/>
    public CredentialLookup Find(in CredentialQuery query, out Credential? credential)
    {
        credential = null;
        // A hash cannot be turned back into the name that carries the expiry; see ServerPolicy.Features.
        if (_sha1.Length == 0
            || query.Username.IsEmpty
            || !TryParse(query.Username, out long expiresAt, out ReadOnlySpan<byte> user))
        {
            return CredentialLookup.Unknown;
        }

        if (expiresAt <= query.UnixNow)
        {
            return CredentialLookup.Expired;
        }

        Span<byte> mac = stackalloc byte[HmacSha256.Length];
        var keys = new LongTermCredentialKey[_sha1.Length + _sha256.Length];
        for (int i = 0; i < _sha1.Length; i++)
        {
            _sha1[i].Compute(query.Username, mac);
            keys[i] = Key(query, mac[..HmacSha1.Length]);
        }

        for (int i = 0; i < _sha256.Length; i++)
        {
            _sha256[i].Compute(query.Username, mac);
            keys[_sha1.Length + i] = Key(query, mac);
        }

        credential = new Credential
        {
            Username = query.Username.ToArray(),
            User = Encoding.UTF8.GetString(user),
            ExpiresAt = expiresAt,
            Keys = keys,
        };
        return CredentialLookup.Found;
    }

    private static T[] Keys<T>(IReadOnlyList<byte[]> secrets, Func<byte[], T> hash)
    {
        var keys = new T[secrets.Count];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = hash(secrets[i]);
        }

        return keys;
    }

    /// <summary>The key of a password, which is a code in base64.</summary>
    private LongTermCredentialKey Key(in CredentialQuery query, ReadOnlySpan<byte> code)
    {
        Span<byte> password = stackalloc byte[44];
        Base64.EncodeToUtf8(code, password, out _, out int length);
        if (query.Algorithm == PasswordAlgorithmId.Sha256)
        {
            byte[] key = new byte[LongTermKey.Sha256Length];
            LongTermKey.Sha256(query.Username, _realm, password[..length], key);
            return new LongTermCredentialKey(PasswordAlgorithmId.Sha256, key);
        }
        else
        {
            byte[] key = new byte[LongTermKey.Md5Length];
            LongTermKey.Md5(query.Username, _realm, password[..length], key);
            return new LongTermCredentialKey(PasswordAlgorithmId.Md5, key);
        }
    }

    /// <summary>Reads <c>expiry:user</c>, or an expiry alone, whose user is then the whole name.</summary>
    private bool TryParse(ReadOnlySpan<byte> username, out long expiresAt, out ReadOnlySpan<byte> user)
    {
        user = username;
        if (!Utf8Parser.TryParse(username, out expiresAt, out int digits) || username[0] is < (byte)'0' or > (byte)'9')
        {
            return false;
        }

        if (digits == username.Length)
        {
            return true;
        }

        user = username[(digits + 1)..];
        return username[digits] == _separator;
    }
}
